import { useLayoutEffect, useRef } from "preact/hooks";
import type { Meter } from "../generated/graphql/graphql";
import { i18n } from "../i18n";
import { Alert } from "./Alert";
import { OpenButton } from "./OpenButton";

/** A change of the commitment that is to come, and the way to cancel it. */
export function Scheduled({ meter, children }: { meter: Meter; children: string }) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const shown = box.current;
    const card = shown?.closest(".card");
    return () => {
      // Once cancelled it is gone, with the button that has the focus: the next of its kind has it.
      if (!shown?.contains(document.activeElement)) return;
      card?.querySelector<HTMLElement>(".actions .button:last-child")?.focus();
    };
  }, []);
  return (
    <div ref={box}>
      <Alert
        tone="info"
        action={<OpenButton opens={{ kind: "cancel", meter }}>{i18n._("Cancel")}</OpenButton>}
      >
        {children}
      </Alert>
    </div>
  );
}

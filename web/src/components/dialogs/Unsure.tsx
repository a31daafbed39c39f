import { useEffect, useRef } from "preact/hooks";
import { i18n } from "../../i18n";
import { Alert } from "../Alert";

/** Something was sent, and no answer came. */
export function Unsure() {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.scrollIntoView({ block: "nearest" }), []);
  return (
    <div ref={box} class="unsure" role="alert">
      <Alert tone="warning">
        {i18n._(
          "No answer has come, so nobody knows yet whether it was done. Send it again: it is never done twice.",
        )}
      </Alert>
    </div>
  );
}

import { useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { opened } from "../dialog";
import { i18n } from "../i18n";
import type { OpenedProps } from "./dialogs/Opened";

/** The dialog that is open: what draws them is loaded with the first one. */
export function Dialogs() {
  const loaded = useSignal<{ Opened: ComponentType<OpenedProps> } | null>(null);
  const failed = useSignal(false);
  const dialog = opened.value;
  const needed = dialog !== null;
  useEffect(() => {
    if (!needed || loaded.peek() !== null) return;
    failed.value = false;
    import("./dialogs/Opened")
      .then((found) => (loaded.value = found))
      .catch(() => {
        failed.value = true;
        opened.value = null;
      });
  }, [needed]);
  if (failed.value) {
    return (
      <p class="told" role="alert">
        {i18n._("This cannot be opened right now. Reload the page.")}
      </p>
    );
  }
  if (dialog === null || loaded.value === null) return null;
  const { Opened } = loaded.value;
  return <Opened dialog={dialog} />;
}

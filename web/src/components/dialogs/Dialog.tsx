import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { close } from "../../dialog";
import { i18n } from "../../i18n";
import { Icon } from "../Icon";

interface Props {
  title: string;
  /** What is beside the title: of which cycle it is. */
  note?: string;
  wide?: boolean;
  children: ComponentChildren;
}

/** The browser's own dialog: it keeps the focus, closes with Escape, and gives the focus back. */
export function Dialog({ title, note, wide = false, children }: Props) {
  const box = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const shown = box.current;
    const opener = document.activeElement;
    shown?.showModal();
    return () => {
      shown?.close();
      const nowhere = document.activeElement === document.body;
      if (nowhere && opener instanceof HTMLElement) opener.focus();
    };
  }, []);
  return (
    <dialog ref={box} class={wide ? "dialog wide" : "dialog"} aria-labelledby="dialog" onClose={close}>
      <header class="dialog-head">
        <div>
          <h2 id="dialog">{title}</h2>
          {note && <p class="note">{note}</p>}
        </div>
        <button type="button" class="step" aria-label={i18n._("Close")} onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      {children}
    </dialog>
  );
}

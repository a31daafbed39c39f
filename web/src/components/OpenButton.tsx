import type { ComponentChildren } from "preact";
import { open, type Change, type Reading } from "../dialog";

interface Props {
  opens: Change | Reading;
  look?: string;
  children: ComponentChildren;
}

/** A button that opens a dialog. */
export function OpenButton({ opens, look = "button", children }: Props) {
  return (
    <button
      type="button"
      class={look}
      aria-haspopup="dialog"
      onClick={(event) => {
        event.currentTarget.focus(); // Safari does not: the dialog gives the focus back to it
        open(opens);
      }}
    >
      {children}
    </button>
  );
}

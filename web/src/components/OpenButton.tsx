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
    <button type="button" class={look} aria-haspopup="dialog" onClick={() => open(opens)}>
      {children}
    </button>
  );
}

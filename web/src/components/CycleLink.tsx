import type { ComponentChildren } from "preact";
import { go, hrefOf } from "../address";

interface Props {
  /** The cycle to go to; null is the current one. */
  cycle: number | null;
  look?: string;
  children: ComponentChildren;
}

/** A link to another cycle. */
export function CycleLink({ cycle, look = "", children }: Props) {
  return (
    <a
      class={look}
      href={hrefOf(cycle)}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        leaveFor(cycle);
      }}
    >
      {children}
    </a>
  );
}

/** Go to a cycle from what is shown of another one, which goes away with whatever has the focus. */
export function leaveFor(cycle: number | null): void {
  go(cycle);
  document.querySelector("h1")?.focus();
}

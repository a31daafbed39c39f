import type { ComponentChildren } from "preact";
import { Icon } from "./Icon";

type Tone = "critical" | "warning" | "info";

interface Props {
  tone: Tone;
  /** What can be done about it. */
  action?: ComponentChildren;
  children: ComponentChildren;
}

/** A sentence in a card that must not be overlooked. */
export function Alert({ tone, action, children }: Props) {
  return (
    <div class={`alert ${tone}`} role="note">
      <Icon name={tone === "info" ? "info" : "warning"} />
      <div>{children}</div>
      {action}
    </div>
  );
}

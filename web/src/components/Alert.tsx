import type { ComponentChildren } from "preact";
import { Icon } from "./Icon";

type Tone = "critical" | "warning" | "info";

/** A sentence in a card that must not be overlooked. */
export function Alert({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return (
    <div class={`alert ${tone}`} role="note">
      <Icon name={tone === "info" ? "info" : "warning"} />
      <div>{children}</div>
    </div>
  );
}

import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./Icon";

interface Props {
  icon: IconName;
  title: string;
  children: ComponentChildren;
  action?: ComponentChildren;
}

/** A whole page that says why there are no numbers, and what to do. */
export function Notice({ icon, title, children, action }: Props) {
  return (
    <section class="notice" role="status">
      <span class="notice-icon">
        <Icon name={icon} />
      </span>
      <h2>{title}</h2>
      <p>{children}</p>
      {action}
    </section>
  );
}

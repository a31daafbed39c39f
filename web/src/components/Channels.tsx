import { number } from "../format";
import { i18n } from "../i18n";
import { nameOf } from "../names";
import type { Usage } from "../usage";
import { OpenButton } from "./OpenButton";

/** A cycle's conversations by channel, the busiest first. */
export function Channels({ numbers }: { numbers: Usage["conversationUsage"] }) {
  const rows = numbers.byChannel
    .map(({ channel, used, pending }) => ({ channel, count: used ?? pending ?? 0 }))
    .sort((a, b) => b.count - a.count);
  const most = Math.max(1, ...rows.map((row) => row.count));
  return (
    <table class="rows">
      <caption>{i18n._("By channel")}</caption>
      <tbody>
        {rows.map(({ channel, count }) => (
          <tr key={channel}>
            <th scope="row">
              {numbers.used === null ? (
                nameOf(channel)
              ) : (
                <OpenButton opens={{ kind: "conversations", channel }} look="link quiet">
                  {nameOf(channel)}
                </OpenButton>
              )}
            </th>
            <td class="gauge" aria-hidden="true">
              <progress max={most} value={Math.max(0, count)} tabIndex={-1} />
            </td>
            <td>{number(count)}</td>
          </tr>
        ))}
        {rows.length === 0 && (
          <tr class="nothing">
            <th scope="row">{i18n._("No conversations yet")}</th>
            <td class="gauge" aria-hidden="true" />
            <td>{number(0)}</td>
          </tr>
        )}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">{i18n._("Total")}</th>
          <td class="gauge" aria-hidden="true" />
          <td>{number(numbers.used ?? numbers.pending)}</td>
        </tr>
      </tfoot>
    </table>
  );
}

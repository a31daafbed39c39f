import { i18n } from "../../i18n";
import type { List } from "../../list";

/** What is below a list: that it is on its way, that there is none, or the way to more of it. */
export function ListFoot<Row>({ list, nothing }: { list: List<Row>; nothing: string }) {
  const { rows, waiting, failed, more, load } = list;
  return (
    <div class="list-foot" aria-busy={waiting}>
      {waiting && rows.length === 0 && <div class="skeleton lines" aria-hidden="true" />}
      <p class="words" role="status">
        {waiting
          ? i18n._("Loading …")
          : failed
            ? i18n._("The list cannot be loaded right now.")
            : rows.length === 0 && !more && nothing}
      </p>
      {(more || failed) && (
        <button type="button" class="button" onClick={load} aria-busy={waiting}>
          {failed ? i18n._("Try again") : i18n._("Show more")}
        </button>
      )}
    </div>
  );
}

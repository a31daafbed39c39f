import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { ExpiredError } from "../../api";
import { download } from "../../download";
import { i18n } from "../../i18n";
import { expire } from "../../session";

/** What a line or a colour of the chart means; its value where it has one. */
export interface Key {
  /** How it is drawn; "none" where it is no part of the drawing. */
  mark: string;
  name: string;
  value?: string;
}

/** A chart's numbers: the first cell of a row names it. */
export interface Table {
  head: string[];
  rows: ComponentChildren[][];
  foot?: ComponentChildren[][];
}

interface Props {
  title: string;
  note: string;
  keys: Key[];
  table: Table;
  /** What is asked of the server for the same numbers as a file. */
  file: Record<string, string>;
  look?: string;
  children: ComponentChildren;
}

/** A chart with what its marks mean, and its numbers as a table and as a file. */
export function ChartCard({ title, note, keys, table, file, look = "", children }: Props) {
  const id = useId();
  const open = useSignal(false);
  return (
    <section class={`card chart ${look}`} aria-labelledby={id}>
      <header class="card-head">
        <h3 id={id}>{title}</h3>
        <p class="note">{note}</p>
      </header>
      <ul class="keys">
        {keys.map(({ mark, name, value }) => (
          <li key={name}>
            {mark !== "none" && <i class={`swatch ${mark}`} />}
            {name} {value !== undefined && <strong>{value}</strong>}
          </li>
        ))}
      </ul>
      {children}
      <div class="chart-foot">
        <details onToggle={(event) => (open.value = event.currentTarget.open)}>
          <summary>{i18n._("As a table")}</summary>
          {open.value && (
            <div class="scroll" role="group" aria-labelledby={id} tabIndex={0}>
              <Numbers table={table} title={title} />
            </div>
          )}
        </details>
        <Save file={file} />
      </div>
    </section>
  );
}

function Numbers({ table: { head, rows, foot = [] }, title }: { table: Table; title: string }) {
  return (
    <table class="rows">
      <caption class="hidden">{title}</caption>
      <thead>
        <tr>
          {head.map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{rows.map(row)}</tbody>
      {foot.length > 0 && <tfoot>{foot.map(row)}</tfoot>}
    </table>
  );
}

function row([name, ...cells]: ComponentChildren[], place: number) {
  return (
    <tr key={place}>
      <th scope="row">{name}</th>
      {cells.map((cell, column) => (
        <td key={column}>{cell}</td>
      ))}
    </tr>
  );
}

function Save({ file }: { file: Record<string, string> }) {
  const state = useSignal<"idle" | "saving" | "failed">("idle");
  const save = async () => {
    state.value = "saving";
    try {
      await download(file);
      state.value = "idle";
    } catch (error) {
      if (error instanceof ExpiredError) expire();
      state.value = "failed";
    }
  };
  return (
    <p class="save-file">
      <button
        type="button"
        class="link"
        aria-busy={state.value === "saving"}
        onClick={() => void save()}
      >
        {i18n._("Download CSV")}
      </button>
      <span class="failed" role="status">
        {state.value === "failed" && i18n._("The file cannot be downloaded right now.")}
      </span>
    </p>
  );
}

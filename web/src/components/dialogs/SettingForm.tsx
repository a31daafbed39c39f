import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { i18n } from "../../i18n";
import { sentenceOfSetting } from "../../refusals";
import type { Saving } from "../../saving";
import { Unsure } from "./Unsure";

interface Props<Input extends object> {
  title: string;
  lead: string;
  saving: Saving<Input>;
  /** What is to be saved; null where it cannot be read, and was refused. */
  read: () => Input | null;
  children: ComponentChildren;
}

/** A setting that is saved by itself. */
export function SettingForm<Input extends object>(props: Props<Input>) {
  const { title, lead, saving, read, children } = props;
  const save = useRef<HTMLButtonElement>(null);
  const state = saving.state.value;
  const refusal = saving.refusal.value;
  return (
    <form
      noValidate
      onInput={() => saving.edit()}
      onSubmit={(event) => {
        event.preventDefault();
        const wanted = read();
        if (wanted === null) return;
        save.current?.focus();
        void saving.save(wanted);
      }}
    >
      <h3>{title}</h3>
      <p class="words">{lead}</p>
      <fieldset class="plain" disabled={state === "sending" || state === "unsure"}>
        {children}
      </fieldset>
      {state === "unsure" && <Unsure />}
      <p class="save">
        <button ref={save} type="submit" class="button primary" aria-busy={state === "sending"}>
          {state === "unsure" ? i18n._("Send again") : i18n._("Save")}
        </button>
        <span role="status" class={refusal ? "refusal" : "note"}>
          {refusal ? sentenceOfSetting(refusal) : state === "saved" && i18n._("Saved.")}
        </span>
      </p>
    </form>
  );
}

import type { Signal } from "@preact/signals";
import { useId } from "preact/hooks";
import { i18n, LANGUAGES, language, type Language } from "../../i18n";
import { Icon } from "../Icon";

interface TextProps {
  label: string;
  text: Signal<string>;
  unit?: string;
  wrong?: boolean;
}

/** A line of text with its label. */
export function TextInput({ label, text, unit, wrong = false }: TextProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <span class="input">
        <input
          id={id}
          type="text"
          inputMode={unit ? "decimal" : "url"}
          autoComplete="off"
          value={text.value}
          aria-invalid={wrong}
          onInput={(event) => (text.value = event.currentTarget.value)}
        />
        {unit && <span class="unit">{unit}</span>}
      </span>
    </div>
  );
}

export interface Recipient {
  email: string;
  language: Uppercase<Language>;
}

/** Addresses, each with the language of its mails. */
export function Recipients({ list, wrong }: { list: Signal<Recipient[]>; wrong: boolean }) {
  const change = (place: number, changed: Partial<Recipient>) => {
    list.value = list.value.map((one, at) => (at === place ? { ...one, ...changed } : one));
  };
  const next = { email: "", language: language.value.toUpperCase() as Uppercase<Language> };
  return (
    <div class="recipients">
      {list.value.map((one, place) => (
        <div key={place} class="recipient">
          <span class="input">
            <input
              type="email"
              autoComplete="off"
              aria-label={i18n._("Address")}
              aria-invalid={wrong}
              value={one.email}
              onInput={(event) => change(place, { email: event.currentTarget.value })}
            />
          </span>
          <span class="select">
            <select
              aria-label={i18n._("Language of the mails")}
              value={one.language}
              onChange={(event) =>
                change(place, { language: event.currentTarget.value as Recipient["language"] })
              }
            >
              {Object.entries(LANGUAGES).map(([code, name]) => (
                <option key={code} value={code.toUpperCase()} lang={code}>
                  {name}
                </option>
              ))}
            </select>
          </span>
          <button
            type="button"
            class="step"
            aria-label={i18n._("Remove {email}", { email: one.email })}
            onClick={() => (list.value = list.value.filter((_, at) => at !== place))}
          >
            <Icon name="close" />
          </button>
        </div>
      ))}
      <button type="button" class="button" onClick={() => (list.value = [...list.value, next])}>
        <Icon name="plus" />
        {i18n._("Add a recipient")}
      </button>
    </div>
  );
}

/** Leave out the rows in which nothing was written. */
export function written(list: Signal<Recipient[]>): Recipient[] {
  return list.value
    .map((one) => ({ ...one, email: one.email.trim() }))
    .filter((one) => one.email !== "");
}

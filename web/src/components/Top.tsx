import { choose, i18n, language, type Language, LANGUAGES } from "../i18n";
import { demoUser } from "../session";
import { Icon } from "./Icon";

/** Where the page is, in which language, and in the demo as whom. */
export function Top() {
  return (
    <header class="top">
      {demoUser && (
        <p class="demo-bar">
          <Icon name="person" />
          <span>
            {demoUser.role === "admin"
              ? i18n._("Demo: you are an admin of {name}.", { name: demoUser.name })
              : i18n._("Demo: you are a member of {name}.", { name: demoUser.name })}
          </span>
          <a href="/">{i18n._("Change user")}</a>
        </p>
      )}
      <div class="crumbs">
        <ol aria-label={i18n._("You are here")}>
          <li>{i18n._("Settings")}</li>
          <li>{i18n._("Account")}</li>
        </ol>
        <LanguageSwitch />
      </div>
    </header>
  );
}

export function LanguageSwitch() {
  return (
    <span class="select small">
      <Icon name="globe" />
      <select
        aria-label={i18n._("Language")}
        value={language.value}
        onChange={(event) => void choose(event.currentTarget.value as Language)}
      >
        {Object.entries(LANGUAGES).map(([code, name]) => (
          <option key={code} value={code} lang={code}>
            {name}
          </option>
        ))}
      </select>
    </span>
  );
}

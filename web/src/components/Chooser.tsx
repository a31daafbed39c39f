import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { tokenOf, usersOf, type Account } from "../demo-users";
import { i18n } from "../i18n";
import { DEMO_USER, type DemoUser } from "../session";
import { Icon } from "./Icon";
import { LanguageSwitch } from "./Top";

const PAGE = "/settings/account/usage";

/** The demo's first page: whose usage shall it be? */
export function Chooser() {
  const accounts = useSignal<Account[]>([]);
  const failed = useSignal(false);
  const title = i18n._("Whose usage would you like to see?");
  useEffect(() => {
    usersOf()
      .then((found) => (accounts.value = found))
      .catch(() => (failed.value = true));
  }, []);
  useEffect(() => {
    document.title = title;
  }, [title]);
  const enter = async (account: Account, role: DemoUser["role"]) => {
    failed.value = false;
    try {
      const user: DemoUser = { token: await tokenOf(account.account, role), name: account.name, role };
      sessionStorage.setItem(DEMO_USER, JSON.stringify(user));
      location.assign(PAGE);
    } catch {
      failed.value = true;
    }
  };
  return (
    <div class="page">
      <header class="top">
        <div class="crumbs">
          <p>{i18n._("Kontingent demo")}</p>
          <LanguageSwitch />
        </div>
      </header>
      <main>
        <div class="title stacked">
          <h1>{title}</h1>
          <p>
            {i18n._("The accounts are made up; the rhythm of their messages is real.")}
          </p>
        </div>
        {failed.value && (
          <p class="slow" role="alert">
            {i18n._("The demo cannot be reached right now.")}
          </p>
        )}
        <ul class="chooser">
          {accounts.value.flatMap((account) =>
            account.roles.map((role) => (
              <li key={`${account.account} ${role}`}>
                <Entry account={account} role={role} enter={enter} />
              </li>
            )),
          )}
        </ul>
      </main>
    </div>
  );
}

interface EntryProps {
  account: Account;
  role: DemoUser["role"];
  enter: (account: Account, role: DemoUser["role"]) => Promise<void>;
}

function Entry({ account, role, enter }: EntryProps) {
  return (
    <button type="button" class="entry" onClick={() => void enter(account, role)}>
      <span class="who">
        <strong>{account.name}</strong>
        <span class="note">
          {role === "admin" ? termsOf(account) : i18n._("As a member who is no admin")}
        </span>
      </span>
      <Icon name="forward" />
    </button>
  );
}

function termsOf(account: Account): string {
  if (account.plan === null) return i18n._("Free trial");
  const interval = account.interval === "YEARLY" ? i18n._("yearly") : i18n._("monthly");
  return `${account.plan}, ${interval} · ${account.timeZone}`;
}

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { AwayError, ExpiredError, execute } from "../../api";
import { SettingsDocument, type SettingsQuery } from "../../generated/graphql/graphql";
import { i18n } from "../../i18n";
import { expire } from "../../session";
import { Alert } from "../Alert";
import { AlertSetting } from "./AlertSetting";
import { Dialog } from "./Dialog";
import { RechargeSetting } from "./RechargeSetting";
import { RemindersSetting } from "./RemindersSetting";
import { WebhookSetting } from "./WebhookSetting";

export type Settings = NonNullable<NonNullable<SettingsQuery["account"]>["settings"]>;

const SECTIONS = {
  reminders: RemindersSetting,
  alert: AlertSetting,
  recharge: RechargeSetting,
  webhook: WebhookSetting,
} as const;

type Name = keyof typeof SECTIONS;

export interface SettingProps {
  settings: Settings;
  currency: string;
  /** It was changed by somebody else: what holds now is to be shown. */
  onStale: () => void;
}

/** Who is told of what, and when balance is added: each is saved by itself. */
export function SettingsDialog({ currency }: { currency: string }) {
  const settings = useSignal<Settings | null>(null);
  const failed = useSignal(false);
  const rounds = useSignal<Partial<Record<Name, number>>>({});
  const load = async (stale?: Name) => {
    failed.value = false;
    try {
      const { data } = await execute(SettingsDocument, {}, new AbortController().signal);
      settings.value = data?.account?.settings ?? null;
      failed.value = settings.value === null;
      if (stale) rounds.value = { ...rounds.value, [stale]: (rounds.value[stale] ?? 0) + 1 };
    } catch (error) {
      if (error instanceof ExpiredError) expire();
      else if (error instanceof AwayError) failed.value = true;
      else throw error;
    }
  };
  useEffect(() => void load(), []);
  const found = settings.value;
  return (
    <Dialog title={i18n._("Alerts and recharge")}>
      <div class="dialog-body settings" aria-busy={found === null && !failed.value}>
        {found === null && !failed.value && <div class="skeleton lines" aria-hidden="true" />}
        {failed.value && (
          <p class="away" role="alert">
            {i18n._("The settings cannot be loaded right now.")}{" "}
            <button type="button" class="button" onClick={() => void load()}>
              {i18n._("Try again")}
            </button>
          </p>
        )}
        {found &&
          (Object.keys(SECTIONS) as Name[]).map((name) => {
            const Section = SECTIONS[name];
            const round = rounds.value[name] ?? 0;
            return (
              <section key={`${name} ${round}`} class="setting">
                {round > 0 && (
                  <div role="alert">
                    <Alert tone="warning">
                      {i18n._("This was changed meanwhile and was not saved: you see what holds now.")}
                    </Alert>
                  </div>
                )}
                <Section settings={found} currency={currency} onStale={() => void load(name)} />
              </section>
            );
          })}
      </div>
    </Dialog>
  );
}

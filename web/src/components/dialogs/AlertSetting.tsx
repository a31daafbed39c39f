import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { readMoney, writtenMoney } from "../../amount";
import { execute } from "../../api";
import { SetLowBalanceAlertDocument } from "../../generated/graphql/graphql";
import { i18n } from "../../i18n";
import { Saving } from "../../saving";
import { Recipients, TextInput, written, type Recipient } from "./Inputs";
import { SettingForm } from "./SettingForm";
import type { SettingProps } from "./SettingsDialog";

interface Input {
  threshold: string | null;
  recipients: Recipient[];
}

/** When it is told that little balance is left, and to whom. */
export function AlertSetting({ settings, currency, onStale }: SettingProps) {
  const alert = settings.lowBalanceAlert;
  const threshold = useSignal(alert ? writtenMoney(alert.threshold) : "");
  const list = useSignal<Recipient[]>(alert?.recipients ?? []);
  const saving = useMemo(
    () =>
      new Saving<Input>(
        settings.lowBalanceAlertVersion,
        (input, abort) => execute(SetLowBalanceAlertDocument, { input }, abort),
        onStale,
      ),
    [],
  );
  const read = (): Input | null => {
    if (threshold.value.trim() === "") return { threshold: null, recipients: [] };
    const amount = readMoney(threshold.value);
    if (amount === null) saving.refuse("NotAnAmount", "threshold");
    return amount === null ? null : { threshold: amount, recipients: written(list) };
  };
  const blamed = saving.refusal.value?.field;
  return (
    <SettingForm
      title={i18n._("Low balance")}
      lead={i18n._("A mail once this much balance is left, or less; the page warns from then on. Empty: no mail. Without recipients of its own it goes to those of the reminders.")}
      saving={saving}
      read={read}
    >
      <TextInput
        label={i18n._("Balance left")}
        text={threshold}
        unit={currency}
        wrong={blamed === "threshold"}
      />
      <Recipients list={list} wrong={blamed === "email" || blamed === "recipients"} />
    </SettingForm>
  );
}

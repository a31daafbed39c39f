import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { readMoney, writtenMoney } from "../../amount";
import { execute } from "../../api";
import { SetAutoRechargeDocument, type AutoRechargeInput } from "../../generated/graphql/graphql";
import { i18n } from "../../i18n";
import { Saving } from "../../saving";
import { TextInput } from "./Inputs";
import { SettingForm } from "./SettingForm";
import type { SettingProps } from "./SettingsDialog";

interface Input {
  autoRecharge: AutoRechargeInput | null;
}

/** When balance is added automatically, and how much. */
export function RechargeSetting({ settings, currency, onStale }: SettingProps) {
  const first = settings.autoRecharge;
  const threshold = useSignal(first ? writtenMoney(first.threshold) : "");
  const amount = useSignal(first ? writtenMoney(first.amount) : "");
  const perCycleMax = useSignal(first ? writtenMoney(first.perCycleMax) : "");
  const saving = useMemo(
    () =>
      new Saving<Input>(
        settings.autoRechargeVersion,
        (input, abort) => execute(SetAutoRechargeDocument, { input }, abort),
        onStale,
      ),
    [],
  );
  const fields = { threshold, amount, perCycleMax };
  const read = (): Input | null => {
    const texts = Object.values(fields).map((field) => field.value.trim());
    if (texts.every((text) => text === "")) return { autoRecharge: null };
    const unread = Object.entries(fields).find(([, field]) => readMoney(field.value) === null);
    if (unread) {
      saving.refuse("NotAnAmount", unread[0]);
      return null;
    }
    const [threshold = "", amount = "", perCycleMax = ""] = texts.map((text) => readMoney(text) ?? "");
    return { autoRecharge: { threshold, amount, perCycleMax } };
  };
  const blamed = saving.refusal.value?.field;
  return (
    <SettingForm
      title={i18n._("Automatic recharge")}
      lead={i18n._("Balance is added, and charged, once less than this is left. It needs a commitment. Empty: nothing is added.")}
      saving={saving}
      read={read}
    >
      <TextInput
        label={i18n._("When less is left than")}
        text={threshold}
        unit={currency}
        wrong={blamed === "threshold"}
      />
      <TextInput
        label={i18n._("Add")}
        text={amount}
        unit={currency}
        wrong={blamed === "amount"}
      />
      <TextInput
        label={i18n._("In a cycle at most")}
        text={perCycleMax}
        unit={currency}
        wrong={blamed === "perCycleMax"}
      />
    </SettingForm>
  );
}

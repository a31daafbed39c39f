import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { execute } from "../../api";
import { SetReminderRecipientsDocument } from "../../generated/graphql/graphql";
import { i18n } from "../../i18n";
import { Saving } from "../../saving";
import { Recipients, written, type Recipient } from "./Inputs";
import { SettingForm } from "./SettingForm";
import type { SettingProps } from "./SettingsDialog";

/** Who is reminded of usage. */
export function RemindersSetting({ settings, onStale }: SettingProps) {
  const list = useSignal<Recipient[]>(settings.reminderRecipients);
  const saving = useMemo(
    () =>
      new Saving<{ recipients: Recipient[] }>(
        settings.reminderRecipientsVersion,
        (input, abort) => execute(SetReminderRecipientsDocument, { input }, abort),
        onStale,
      ),
    [],
  );
  return (
    <SettingForm
      title={i18n._("Reminders of usage")}
      lead={i18n._("A mail when usage nears what was committed to and bought. Without recipients there is none.")}
      saving={saving}
      read={() => ({ recipients: written(list) })}
    >
      <Recipients list={list} wrong={saving.refusal.value !== null} />
    </SettingForm>
  );
}

import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { execute } from "../../api";
import { SetWebhookDocument } from "../../generated/graphql/graphql";
import { i18n } from "../../i18n";
import { Saving } from "../../saving";
import { TextInput } from "./Inputs";
import { SettingForm } from "./SettingForm";
import type { SettingProps } from "./SettingsDialog";

interface Input {
  url: string | null;
  rotateSecret: boolean;
}

/** Where notices are posted to, and the secret that they are signed with. */
export function WebhookSetting({ settings, onStale }: SettingProps) {
  const url = useSignal(settings.webhook?.url ?? "");
  const rotate = useSignal(false);
  const saving = useMemo(
    () =>
      new Saving<Input>(
        settings.webhookVersion,
        (input, abort) => execute(SetWebhookDocument, { input }, abort),
        onStale,
      ),
    [],
  );
  const read = (): Input => {
    const wanted = url.value.trim() || null;
    return { url: wanted, rotateSecret: rotate.value && wanted !== null };
  };
  const saved = saving.state.value === "saved";
  useEffect(() => {
    if (saved) rotate.value = false;
  }, [saved]);
  return (
    <SettingForm
      title={i18n._("Webhook")}
      lead={i18n._("The same notices are posted there, signed as Standard Webhooks are. Empty: none.")}
      saving={saving}
      read={read}
    >
      <TextInput
        label={i18n._("Address")}
        text={url}
        wrong={saving.refusal.value !== null}
      />
      {settings.webhook && (
        <label class="check">
          <input
            type="checkbox"
            checked={rotate.value}
            onChange={(event) => (rotate.value = event.currentTarget.checked)}
          />
          {i18n._("Make a new secret: the old one is no longer good")}
        </label>
      )}
      {saving.secret.value && <Secret text={saving.secret.value} />}
    </SettingForm>
  );
}

function Secret({ text }: { text: string }) {
  const copied = useSignal(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      copied.value = true;
    } catch {
      // Without the right to copy there is still the text itself.
    }
  };
  return (
    <div class="secret" role="status">
      <p>{i18n._("The secret, shown this once:")}</p>
      <code>{text}</code>
      <button type="button" class="button" onClick={() => void copy()}>
        {copied.value ? i18n._("Copied") : i18n._("Copy")}
      </button>
    </div>
  );
}

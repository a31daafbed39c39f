import type { Change, Reading } from "../../dialog";
import { account, usage } from "../../usage";
import { ChangeDialog } from "./ChangeDialog";
import { ChargesDialog } from "./ChargesDialog";
import { ConversationsDialog } from "./ConversationsDialog";
import { CostDialog } from "./CostDialog";
import { LedgerDialog } from "./LedgerDialog";
import { SettingsDialog } from "./SettingsDialog";
import "../../styles/dialog.css";

export interface OpenedProps {
  dialog: Change | Reading;
}

/** A dialog about the cycle that is shown. */
export function Opened({ dialog }: OpenedProps) {
  const cycle = usage.value;
  const currency = account.value?.currency;
  if (!cycle || !currency) return null;
  switch (dialog.kind) {
    case "conversations":
      return <ConversationsDialog cycle={cycle} channel={dialog.channel} />;
    case "charges":
      return <ChargesDialog cycle={cycle} currency={currency} />;
    case "cost":
      return <CostDialog cycle={cycle} currency={currency} />;
    case "ledger":
      return <LedgerDialog zone={cycle.timeZone} currency={currency} />;
    case "settings":
      return <SettingsDialog currency={currency} />;
    default:
      return <ChangeDialog change={dialog} cycle={cycle} currency={currency} />;
  }
}

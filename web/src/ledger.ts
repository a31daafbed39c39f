import { money } from "./format";
import type { ChangeOfMeterFragment } from "./generated/graphql/graphql";
import { i18n } from "./i18n";

/** Say what a change of the ledger did. */
export function sentenceOf(change: ChangeOfMeterFragment, currency: string): string {
  const { kind, blocks, blocksBefore, amount, amountBefore } = change;
  switch (kind) {
    case "BLOCKS":
      return i18n._("{blocks, plural, one {# block added} other {# blocks added}}", {
        blocks: blocks ?? 0,
      });
    case "TOP_UP":
      return i18n._("{amount} added", { amount: money(amount ?? 0, currency) });
    case "COMMITMENT":
      return change.meter === "CONVERSATIONS"
        ? i18n._(
            "Commitment: {before} → {after, plural, one {# block} other {# blocks}}",
            { before: blocksBefore ?? 0, after: blocks ?? 0 },
          )
        : i18n._("Commitment: {before} → {after}", {
            before: money(amountBefore ?? 0, currency),
            after: money(amount ?? 0, currency),
          });
  }
}

/** Say which meter was changed. */
export function meterName(meter: ChangeOfMeterFragment["meter"]): string {
  return meter === "CONVERSATIONS" ? i18n._("Standard conversations") : i18n._("Carrier cost balance");
}

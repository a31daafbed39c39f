import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { Changing } from "../../changing";
import { close, type Change } from "../../dialog";
import { money } from "../../format";
import { i18n } from "../../i18n";
import { sentenceOf as sentenceOfRefusal } from "../../refusals";
import type { Usage } from "../../usage";
import { Dialog } from "./Dialog";
import { Effect } from "./Effect";
import { Meanwhile } from "./Meanwhile";
import { Unsure } from "./Unsure";
import { WhichCycle } from "./WhichCycle";

const SLOW_MS = 4_000;

interface Props {
  change: Change;
  cycle: Usage;
  currency: string;
}

/** A change with what it would do, before anybody confirms it. */
export function ChangeDialog({ change, cycle, currency }: Props) {
  const changing = useMemo(() => new Changing(change, cycle, currency), []);
  const confirm = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => changing.start(), []);
  const state = changing.state.value;
  const send = () => {
    confirm.current?.focus();
    void changing.send();
  };
  return (
    <Dialog title={titleOf(change)}>
      <form
        class="dialog-body"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <p class="words">{leadOf(change)}</p>
        {changing.stale.value && <Meanwhile changing={changing} />}
        <fieldset class="plain" disabled={state !== "deciding"}>
          {change.kind !== "cancel" && <Field changing={changing} />}
          {change.kind === "blocks" && <WhichCycle changing={changing} />}
        </fieldset>
        {change.kind === "cancel" && changing.refusal.value && (
          <p class="refusal">{sentenceOfRefusal(changing.refusal.value)}</p>
        )}
        <Effect changing={changing} />
        {state === "unsure" && <Unsure />}
        {state === "sending" && <Slowly />}
        <div class="dialog-foot">
          <button type="button" class="button" onClick={close}>
            {change.kind === "cancel" ? i18n._("Keep it") : i18n._("Close")}
          </button>
          <button
            ref={confirm}
            type="submit"
            class="button primary"
            aria-disabled={!changing.ready.value}
            aria-busy={state === "sending"}
          >
            {state === "unsure" ? i18n._("Send again") : confirmOf(changing)}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function Field({ changing }: { changing: Changing }) {
  const { change, currency, refusal, text } = changing;
  const ofBlocks = change.meter === "CONVERSATIONS";
  const why = refusal.value;
  const wrong = why !== null && why !== "NothingToChange";
  return (
    <div class="field">
      <label for="amount">{ofBlocks ? i18n._("Blocks of 100 conversations") : i18n._("Amount")}</label>
      <span class="input">
        <input
          id="amount"
          type="text"
          inputMode={ofBlocks ? "numeric" : "decimal"}
          autoComplete="off"
          autoFocus
          maxLength={12}
          value={text.value}
          aria-invalid={wrong}
          aria-describedby="refusal"
          onFocus={(event) => event.currentTarget.select()}
          onInput={(event) => (text.value = event.currentTarget.value)}
        />
        {!ofBlocks && <span class="unit">{currency}</span>}
        {change.kind === "commitment" && <span class="unit">{i18n._("per cycle")}</span>}
      </span>
      <p id="refusal" class={wrong ? "refusal" : "note"} role="status">
        {why !== null && sentenceOfRefusal(why)}
      </p>
    </div>
  );
}

/** What is said when an answer takes its time. */
function Slowly() {
  const slow = useSignal(false);
  useEffect(() => {
    const timer = setTimeout(() => (slow.value = true), SLOW_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <p class="note" role="status">
      {slow.value && i18n._("This takes longer than usual …")}
    </p>
  );
}

function titleOf({ kind, meter }: Change): string {
  switch (kind) {
    case "blocks":
      return i18n._("Add conversation blocks");
    case "balance":
      return i18n._("Add balance");
    case "cancel":
      return i18n._("Cancel the scheduled change");
    case "commitment":
      return meter === "CONVERSATIONS"
        ? i18n._("Change the commitment to conversations")
        : i18n._("Change the commitment to carrier costs");
  }
}

function leadOf({ kind }: Change): string {
  switch (kind) {
    case "blocks":
      return i18n._("Bought once, for one cycle. What is left of them expires with it.");
    case "balance":
      return i18n._("Added once, for the current cycle. What is left of it expires with it.");
    case "cancel":
      return i18n._("The commitment goes on as it is.");
    case "commitment":
      return i18n._(
        "It holds in every cycle: at once where there is none yet, otherwise from the next cycle on. 0 ends it.",
      );
  }
}

function confirmOf({ change, currency, preview }: Changing): string {
  const price = preview.value?.price;
  switch (change.kind) {
    case "blocks":
      return price ? i18n._("Buy for {price}", { price: money(price, currency) }) : i18n._("Buy");
    case "balance":
      return price ? i18n._("Add {price}", { price: money(price, currency) }) : i18n._("Add");
    case "cancel":
      return i18n._("Cancel the change");
    case "commitment":
      return i18n._("Change commitment");
  }
}

import { batch, computed, effect, signal } from "@preact/signals";
import { named } from "./address";
import { readBlocks, readMoney, writtenMoney } from "./amount";
import { AwayError, ExpiredError, execute } from "./api";
import { close, told, type Change } from "./dialog";
import { money } from "./format";
import {
  ChangesMeanwhileDocument,
  type ChangeOfMeterFragment,
  type WhichCycle,
} from "./generated/graphql/graphql";
import { i18n } from "./i18n";
import { make, newKey, preview, type Outcome, type Preview, type Wish } from "./meter";
import { expire } from "./session";
import { refresh, type Usage } from "./usage";

const TYPING_MS = 250;
const MEANWHILE_MAX = 20;
const BLOCK = 100;

/** Why there is no change: the failure's type, or what the page itself knows. */
export type Refusal = string;

/**
 * A change while somebody decides on it. Its key is made here, once: whatever is sent again, by
 * whomever and however late, is done once.
 */
export class Changing {
  readonly text = signal("");
  readonly cycle = signal<WhichCycle>("CURRENT");

  /** What the wish would do; while another one is asked for, what the one before would. */
  readonly preview = signal<Preview | null>(null);
  readonly asking = signal(false);
  readonly refusal = signal<Refusal | null>(null);

  /** The preview has no answer, for now. */
  readonly away = signal(false);

  /** A change is under way, or was sent and not answered: nobody knows what came of it. */
  readonly state = signal<"deciding" | "sending" | "unsure">("deciding");

  /** The state that it was decided on is not the state of now. */
  readonly stale = signal(false);

  /** What others changed since. */
  readonly meanwhile = signal<ChangeOfMeterFragment[]>([]);

  readonly wish = computed(() => this.#read());
  readonly ready = computed(
    () => this.state.value === "unsure" || (this.preview.value !== null && !this.asking.value),
  );

  readonly #key = newKey();
  readonly #asked = signal(0);
  #version: number;
  #sent: Wish | null = null;
  #abort = new AbortController();
  #closed = false;

  constructor(
    readonly change: Change,
    readonly usage: Usage,
    readonly currency: string,
  ) {
    this.#version = this.#meter.version;
    this.text.value = this.#first();
  }

  /** Keep the preview up to date until the dialog is closed. */
  start(): () => void {
    let waiting: ReturnType<typeof setTimeout> | undefined;
    let pause = 0;
    const stop = effect(() => {
      const wish = this.wish.value;
      void this.#asked.value;
      this.#abort.abort();
      this.#abort = new AbortController();
      const { signal: mine } = this.#abort;
      batch(() => {
        if (wish === null) this.preview.value = null;
        this.asking.value = wish !== null;
        this.away.value = false;
        this.refusal.value = wish === null && this.text.value !== "" ? this.#unread : null;
      });
      clearTimeout(waiting);
      if (wish !== null) waiting = setTimeout(() => void this.#preview(wish, mine), pause);
      pause = TYPING_MS;
    });
    return () => {
      stop();
      this.#closed = true;
      clearTimeout(waiting);
      this.#abort.abort();
      if (this.#sent !== null) refresh();
    };
  }

  /** Ask for the preview again. */
  again(): void {
    this.#asked.value += 1;
  }

  /** Make the change, or send once more what was sent. */
  async send(): Promise<void> {
    const wish = this.#sent ?? this.wish.peek();
    if (wish === null || !this.ready.peek() || this.state.peek() === "sending") return;
    this.#sent = wish;
    this.state.value = "sending";
    const request = {
      accountId: named,
      idempotencyKey: this.#key,
      expectedVersion: this.#version,
    };
    try {
      const { data } = await make(this.change, wish, request, new AbortController().signal);
      this.#sent = null;
      if (data === null) this.#leave();
      else await this.#take(data.result, wish);
    } catch (error) {
      if (error instanceof ExpiredError) expire();
      else if (error instanceof AwayError) this.state.value = "unsure";
      else throw error;
    }
  }

  async #take(result: Outcome, wish: Wish): Promise<void> {
    if (result.__typename === "MeterChanged") {
      told.value = this.#done(wish);
      this.#leave();
      return;
    }
    if (result.__typename === "StaleVersion") await this.#catchUp(result.version ?? 0);
    else this.refusal.value = result.__typename;
    this.state.value = "deciding";
  }

  #leave(): void {
    if (!this.#closed) close();
    refresh();
  }

  /** See what others changed, and decide on the state of now. */
  async #catchUp(version: number): Promise<void> {
    const seen = this.#version;
    const variables = { meter: this.change.meter, first: MEANWHILE_MAX };
    try {
      const { data } = await execute(ChangesMeanwhileDocument, variables, this.#abort.signal);
      const changes = data?.account?.commitmentChanges?.nodes ?? [];
      this.meanwhile.value = changes.filter((one) => one.version > seen);
    } catch (error) {
      if (error instanceof ExpiredError) expire();
    }
    this.#version = version;
    this.stale.value = true;
    this.again();
    refresh();
  }

  async #preview(wish: Wish, mine: AbortSignal): Promise<void> {
    try {
      const { data, codes } = await preview(this.change, wish, mine);
      if (mine.aborted) return;
      const found = data?.preview ?? null;
      if (found === null && !codes.has("BAD_USER_INPUT")) return this.#leave();
      batch(() => {
        const known = found !== null && "price" in found;
        this.preview.value = known ? found : null;
        this.refusal.value = known ? null : (found?.__typename ?? "BAD_USER_INPUT");
        this.asking.value = false;
      });
    } catch (error) {
      if (mine.aborted) return;
      this.asking.value = false;
      this.preview.value = null;
      if (error instanceof ExpiredError) expire();
      else if (error instanceof AwayError) this.away.value = true;
      else throw error;
    }
  }

  get #meter(): { version: number } {
    const { conversationUsage, carrierBalance } = this.usage;
    return this.change.meter === "CONVERSATIONS" || !carrierBalance
      ? conversationUsage
      : carrierBalance;
  }

  /** What is in the field at first: what holds, or is to hold, where there is something. */
  #first(): string {
    const { conversationUsage, carrierBalance } = this.usage;
    const { kind, meter } = this.change;
    if (kind === "blocks") return "1";
    if (kind === "balance") return "";
    if (meter === "CONVERSATIONS") {
      const scheduled = kind === "cancel" ? null : conversationUsage.scheduledChange;
      return String(scheduled?.blocks ?? (conversationUsage.committed ?? 0) / BLOCK);
    }
    const scheduled = kind === "cancel" ? null : carrierBalance?.scheduledChange;
    return writtenMoney(scheduled?.amount ?? carrierBalance?.commitment ?? "0");
  }

  #read(): Wish | null {
    const read = this.change.meter === "CONVERSATIONS" ? readBlocks : readMoney;
    const amount = read(this.text.value);
    return amount === null ? null : { amount, cycle: this.cycle.value };
  }

  get #unread(): Refusal {
    return this.change.meter === "CONVERSATIONS" ? "NotANumber" : "NotAnAmount";
  }

  #done({ amount }: Wish): () => string {
    switch (this.change.kind) {
      case "blocks":
        return () =>
          i18n._("{blocks, plural, one {# block was added.} other {# blocks were added.}}", {
            blocks: Number(amount),
          });
      case "balance":
        return () => i18n._("{amount} was added.", { amount: money(amount, this.currency) });
      case "cancel":
        return () => i18n._("The scheduled change was cancelled.");
      case "commitment":
        return () => i18n._("The commitment was changed.");
    }
  }
}

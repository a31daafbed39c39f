import { signal } from "@preact/signals";
import { named } from "./address";
import { AwayError, ExpiredError, type Answer } from "./api";
import { close } from "./dialog";
import { newKey, type Outcome, type Request } from "./meter";
import type { Refusal } from "./changing";
import { expire } from "./session";
import { refresh } from "./usage";

type Send<Input> = (
  input: Input & Request,
  abort: AbortSignal,
) => Promise<Answer<{ result: Outcome }>>;

/** A setting while somebody changes it: each change has a key, whatever is sent again. */
export class Saving<Input extends object> {
  readonly state = signal<"editing" | "sending" | "unsure" | "saved">("editing");
  readonly refusal = signal<{ why: Refusal; field: string | null } | null>(null);

  /** A secret that is new: it is not shown again. */
  readonly secret = signal<string | null>(null);

  #key = newKey();
  #sent: Input | null = null;

  constructor(
    private version: number,
    private readonly send: Send<Input>,
    private readonly onStale: () => void,
  ) {}

  /** Somebody goes on writing. */
  edit(): void {
    this.state.value = "editing";
    this.refusal.value = null;
  }

  refuse(why: Refusal, field: string): void {
    this.refusal.value = { why, field };
  }

  /** Save it, or send once more what was sent. */
  async save(wanted: Input): Promise<void> {
    if (this.state.peek() === "sending") return;
    const input = (this.#sent ??= wanted);
    this.refusal.value = null;
    this.state.value = "sending";
    const request = {
      accountId: named,
      idempotencyKey: this.#key,
      expectedVersion: this.version,
    };
    try {
      const { data, codes, field } = await this.send(
        { ...input, ...request },
        new AbortController().signal,
      );
      this.#sent = null;
      if (data !== null) this.#take(data.result);
      else if (codes.has("BAD_USER_INPUT")) this.#refused("BAD_USER_INPUT", field);
      else this.#leave();
    } catch (error) {
      if (error instanceof ExpiredError) expire();
      else if (error instanceof AwayError) this.state.value = "unsure";
      else throw error;
    }
  }

  #take({ __typename, version, secret }: Outcome): void {
    if (__typename === "StaleVersion") this.onStale();
    else if (version === undefined) this.#refused(__typename, null);
    else {
      this.version = version;
      this.#key = newKey();
      this.secret.value = secret ?? null;
      this.state.value = "saved";
      refresh();
    }
  }

  #refused(why: Refusal, field: string | null): void {
    this.state.value = "editing";
    this.refusal.value = { why, field };
  }

  #leave(): void {
    close();
    refresh();
  }
}

import { effect, signal } from "@preact/signals";
import { picked } from "./address";
import type { Meter } from "./generated/graphql/graphql";
import { session } from "./session";

/** What is changed of a meter, in a dialog. */
export type Change =
  | { kind: "commitment" | "cancel"; meter: Meter }
  | { kind: "blocks"; meter: "CONVERSATIONS" }
  | { kind: "balance"; meter: "CARRIER" };

/** What is read in a dialog, of the cycle that is shown. */
export interface Reading {
  kind: "conversations" | "charges" | "cost" | "ledger" | "settings";
  /** Only the conversations of this channel. */
  channel?: string;
}

/** The dialog that is open. */
export const opened = signal<Change | Reading | null>(null);

/** What came of the last change, to be said in the language of now. */
export const told = signal<(() => string) | null>(null);

/** Open a dialog; the browser gives the focus back to where it was. */
export function open(dialog: Change | Reading): void {
  told.value = null;
  opened.value = dialog;
}

export function close(): void {
  opened.value = null;
}

// Another cycle, or nobody who is signed in: what a dialog is about is not there any more.
effect(() => {
  void picked.value;
  void session.value.kind;
  opened.value = null;
  told.value = null;
});

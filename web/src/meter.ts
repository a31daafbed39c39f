import { execute, type Answer } from "./api";
import type { Change } from "./dialog";
import {
  AddBalanceDocument,
  AddBlocksDocument,
  CancelScheduledDocument,
  ChangeCarrierCommitmentDocument,
  ChangeConversationCommitmentDocument,
  PreviewBlocksDocument,
  PreviewCommitmentDocument,
  PreviewTopUpDocument,
  type PreviewBlocksQuery,
  type PreviewedChangeFragment,
  type WhichCycle,
} from "./generated/graphql/graphql";

type OfBlocks = Extract<NonNullable<PreviewBlocksQuery["preview"]>, { __typename: "BlocksPreview" }>;

/** What a change would do; of blocks also what they cover. */
export type Preview = PreviewedChangeFragment &
  Partial<Pick<OfBlocks, "coversUntil" | "coversNewConversations">>;

/** What is asked for: blocks as a number, money as text. */
export interface Wish {
  amount: number | string;
  cycle: WhichCycle;
}

/** What names a change, and what it was decided on. */
export interface Request {
  accountId: string | null;
  idempotencyKey: string;
  expectedVersion: number;
}

export interface Outcome {
  __typename: string;
  effectiveOn?: string;
  version?: number;
  secret?: string | null;
}

/** Make a key that nobody else makes. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Ask what a change would do. */
export async function preview(
  { kind, meter }: Change,
  { amount, cycle }: Wish,
  abort: AbortSignal,
): Promise<Answer<{ preview: { __typename: string } | Preview | null }>> {
  switch (kind) {
    case "blocks":
      return execute(PreviewBlocksDocument, { blocks: Number(amount), cycle }, abort);
    case "balance":
      return execute(PreviewTopUpDocument, { amount: String(amount) }, abort);
    case "commitment":
    case "cancel": {
      const wanted =
        meter === "CONVERSATIONS" ? { blocks: Number(amount) } : { amount: String(amount) };
      return execute(PreviewCommitmentDocument, { meter, ...wanted }, abort);
    }
  }
}

/** Make a change: with the same key once, however often it is sent. */
export async function make(
  { kind, meter }: Change,
  { amount, cycle }: Wish,
  request: Request,
  abort: AbortSignal,
): Promise<Answer<{ result: Outcome }>> {
  const [blocks, money] = [Number(amount), String(amount)];
  switch (kind) {
    case "blocks":
      return execute(AddBlocksDocument, { input: { ...request, blocks, cycle } }, abort);
    case "balance":
      return execute(AddBalanceDocument, { input: { ...request, amount: money } }, abort);
    case "cancel":
      return execute(CancelScheduledDocument, { input: { ...request, meter } }, abort);
    case "commitment":
      return meter === "CONVERSATIONS"
        ? execute(ChangeConversationCommitmentDocument, { input: { ...request, blocks } }, abort)
        : execute(ChangeCarrierCommitmentDocument, { input: { ...request, amount: money } }, abort);
  }
}

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { AwayError, ExpiredError } from "./api";
import { expire } from "./session";

interface Page<Row> {
  nodes: readonly Row[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

export interface List<Row> {
  rows: readonly Row[];
  waiting: boolean;
  failed: boolean;
  more: boolean;
  load: () => void;
}

/**
 * A list that is loaded page by page: the first page at once, and anew where `wanted` changes.
 */
export function useList<Row>(
  ask: (after: string | null, abort: AbortSignal) => Promise<Page<Row> | null | undefined>,
  wanted = "",
): List<Row> {
  const pages = useSignal<Page<Row>[]>([]);
  const state = useSignal<"waiting" | "failed" | "loaded">("waiting");
  const load = async (abort: AbortSignal) => {
    state.value = "waiting";
    try {
      const page = await ask(pages.peek().at(-1)?.pageInfo.endCursor ?? null, abort);
      if (abort.aborted) return;
      if (page) pages.value = [...pages.peek(), page];
      state.value = page ? "loaded" : "failed";
    } catch (error) {
      if (abort.aborted) return;
      if (error instanceof ExpiredError) expire();
      else if (error instanceof AwayError) state.value = "failed";
      else throw error;
    }
  };
  const abort = useSignal(new AbortController());
  useEffect(() => {
    abort.value = new AbortController();
    pages.value = [];
    void load(abort.peek().signal);
    return () => abort.peek().abort();
  }, [wanted]);
  return {
    rows: pages.value.flatMap((page) => page.nodes),
    waiting: state.value === "waiting",
    failed: state.value === "failed",
    more: pages.value.at(-1)?.pageInfo.hasNextPage ?? false,
    load: () => void load(abort.peek().signal),
  };
}

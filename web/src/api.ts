import type { TypedDocumentString } from "./generated/graphql/graphql";
import { session } from "./session";

const TIMEOUT_MS = 20_000;

/** The token is not taken: a new one is needed. */
export class ExpiredError extends Error {}

/** There is no answer, for now. */
export class AwayError extends Error {}

export interface Answer<T> {
  data: T | null;
  codes: ReadonlySet<string>;
  /** The input to blame, where it is one. */
  field: string | null;
}

interface Reply<T> {
  data?: T | null;
  errors?: { extensions?: { code?: string; field?: string } }[];
}

/** Run an operation; refused fields are null in its data, and `codes` says why. */
export async function execute<Data, Variables>(
  operation: TypedDocumentString<Data, Variables>,
  variables: Variables,
  abort: AbortSignal,
): Promise<Answer<Data>> {
  const response = await post(JSON.stringify({ query: operation.toString(), variables }), abort);
  if (response.status === 401) throw new ExpiredError();
  if (!response.ok) throw new AwayError();
  const { data = null, errors = [] } = await read<Reply<Data>>(response);
  const codes = new Set(errors.map((error) => error.extensions?.code ?? "INTERNAL"));
  if (codes.has("UNAUTHENTICATED")) throw new ExpiredError();
  if (codes.has("INTERNAL") || codes.has("UNAVAILABLE")) throw new AwayError();
  return { data, codes, field: errors[0]?.extensions?.field ?? null };
}

async function post(body: string, abort: AbortSignal): Promise<Response> {
  const token = session.value.kind === "open" ? session.value.token : "";
  try {
    return await fetch("/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body,
      signal: AbortSignal.any([abort, AbortSignal.timeout(TIMEOUT_MS)]),
      credentials: "omit",
    });
  } catch {
    throw new AwayError();
  }
}

async function read<T>(response: Response): Promise<T> {
  try {
    return (await response.json()) as T;
  } catch {
    throw new AwayError();
  }
}

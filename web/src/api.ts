import { named } from "./address";
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

/**
 * Run an operation about the account that the address names, if it names one. Refused fields are
 * null in its data, and `codes` says why.
 */
export async function execute<Data, Variables>(
  operation: TypedDocumentString<Data, Variables>,
  variables: Variables,
  abort: AbortSignal,
): Promise<Answer<Data>> {
  const about = { account: named, ...variables };
  const body = JSON.stringify({ query: operation.toString(), variables: about });
  const response = await request("/graphql", abort, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  const { data = null, errors = [] } = await read<Reply<Data>>(response);
  const codes = new Set(errors.map((error) => error.extensions?.code ?? "INTERNAL"));
  if (codes.has("UNAUTHENTICATED")) throw new ExpiredError();
  if (codes.has("INTERNAL") || codes.has("UNAVAILABLE")) throw new AwayError();
  return { data, codes, field: errors[0]?.extensions?.field ?? null };
}

/** Ask the server for something as whoever is signed in. */
export async function request(
  url: string,
  abort: AbortSignal,
  how: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Response> {
  const who = session.peek();
  const token = who.kind === "open" ? who.token : "";
  const response = await fetch(url, {
    ...how,
    headers: { ...how.headers, authorization: `Bearer ${token}` },
    signal: AbortSignal.any([abort, AbortSignal.timeout(TIMEOUT_MS)]),
    credentials: "omit",
  }).catch(() => null);
  if (response?.status === 401) throw new ExpiredError();
  if (!response?.ok) throw new AwayError();
  return response;
}

async function read<T>(response: Response): Promise<T> {
  try {
    return (await response.json()) as T;
  } catch {
    throw new AwayError();
  }
}

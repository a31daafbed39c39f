import { named } from "./address";
import { request } from "./api";

const KEPT_MS = 60_000;
const FILE_NAME = /filename="([^"]+)"/;

/** Save a table of the server as a file: a link alone would not say who asks. */
export async function download(wanted: Record<string, string>): Promise<void> {
  const about = named === null ? wanted : { ...wanted, account: named };
  const url = `/export?${new URLSearchParams(about)}`;
  const response = await request(url, new AbortController().signal);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await response.blob());
  const [, name = "usage.csv"] = FILE_NAME.exec(response.headers.get("content-disposition") ?? "") ?? [];
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
}

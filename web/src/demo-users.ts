import type { DemoUser } from "./session";

/** An account of the demo, and as whom of its users one may come. */
export interface Account {
  account: string;
  name: string;
  plan: string | null;
  interval: "MONTHLY" | "YEARLY" | null;
  timeZone: string;
  roles: DemoUser["role"][];
}

export async function usersOf(): Promise<Account[]> {
  const response = await fetch("/demo/users");
  return (await response.json()) as Account[];
}

export async function tokenOf(account: string, role: DemoUser["role"]): Promise<string> {
  const response = await fetch("/demo/token", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ account, role }),
  });
  if (!response.ok) throw new Error(String(response.status));
  return ((await response.json()) as { token: string }).token;
}

import { localeTag } from "./i18n";

const BLOCKS = /^\d{1,7}$/;
const MONEY = /^(\d{1,9})(?:[.,](\d{1,2}))?$/;

/** Read blocks as somebody writes them; null where it is no whole number. */
export function readBlocks(text: string): number | null {
  return BLOCKS.test(text.trim()) ? Number(text) : null;
}

/**
 * Read an amount of money, with a point or a comma before the cents; null where it is none. With
 * anything else between digits it is none: "1.000" is not the same to everybody.
 */
export function readMoney(text: string): string | null {
  const [found, whole = "", cents = ""] = MONEY.exec(text.trim()) ?? [];
  return found === undefined ? null : `${Number(whole)}.${cents.padEnd(2, "0")}`;
}

/** Write an amount to be changed by hand, without cents where there are none. */
export function writtenMoney(amount: string): string {
  const minimumFractionDigits = Number.isInteger(Number(amount)) ? 0 : 2;
  const style = { useGrouping: false, minimumFractionDigits } as const;
  return new Intl.NumberFormat(localeTag(), style).format(amount as unknown as number);
}

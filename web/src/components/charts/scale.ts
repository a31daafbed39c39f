import { exactMoney, number, shortMoney } from "../../format";
import type { Meter } from "../../generated/graphql/graphql";

const MICROS = 1_000_000;

/** How the numbers of a meter are written: conversations, or millionths. */
export interface Scale {
  meter: Meter;
  write: (value: number) => string;
  writeShort: (value: number) => string;
  /** Whether there is nothing between one and two. */
  whole: boolean;
}

export function scaleOf(meter: Meter, currency: string): Scale {
  if (meter === "CONVERSATIONS") return { meter, write: number, writeShort: number, whole: true };
  return {
    meter,
    write: (value) => exactMoney(String(value / MICROS), currency),
    writeShort: (value) => shortMoney(value / MICROS, currency),
    whole: false,
  };
}

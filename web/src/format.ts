import { localeTag } from "./i18n";

const MICROS = 1_000_000;

export function number(value: number): string {
  return new Intl.NumberFormat(localeTag()).format(value);
}

/** Write a change with its sign. */
export function change(value: number): string {
  return new Intl.NumberFormat(localeTag(), { signDisplay: "exceptZero" }).format(value);
}

/** Write whole per cent. */
export function percent(value: number): string {
  return new Intl.NumberFormat(localeTag(), { style: "percent" }).format(value / 100);
}

/** Write an exact amount in cents. */
export function money(amount: string | number, currency: string): string {
  const format = new Intl.NumberFormat(localeTag(), { style: "currency", currency });
  return format.format(amount as number); // a decimal string is taken exactly
}

/** Write an exact amount, to the millionth where it has so much. */
export function exactMoney(amount: string, currency: string): string {
  const style = { style: "currency", currency, maximumFractionDigits: 6 } as const;
  return new Intl.NumberFormat(localeTag(), style).format(amount as unknown as number);
}

/** Write an amount in as few letters as may be: with cents only where it has some. */
export function shortMoney(amount: number, currency: string): string {
  const minimumFractionDigits = Number.isInteger(amount) ? 0 : 2;
  const style = { style: "currency", currency, minimumFractionDigits } as const;
  return new Intl.NumberFormat(localeTag(), style).format(amount);
}

/** Write an exact number of units. */
export function quantity(value: string): string {
  const format = new Intl.NumberFormat(localeTag(), { maximumFractionDigits: 6 });
  return format.format(value as unknown as number);
}

/** What `a` has beyond `b`, at least 0: exact, since amounts are whole millionths. */
export function beyond(a: string, b: string): number {
  return Math.max(0, micros(a) - micros(b)) / MICROS;
}

/** Write millionths in cents. */
export function moneyOf(amountMicros: number, currency: string): string {
  return money(amountMicros / MICROS, currency);
}

/** Count the millionths of an amount. */
export function micros(amount: string): number {
  return Math.round(Number(amount) * MICROS);
}

/** Write a local day, such as "2026-11-22". */
export function day(iso: string): string {
  return days({ day: "numeric", month: "long" }).format(utcMidnight(iso));
}

/** Write a local day in few letters. */
export function shortDay(iso: string): string {
  return days({ day: "numeric", month: "short" }).format(utcMidnight(iso));
}

/** Write the month of a local day in few letters. */
export function shortMonth(iso: string): string {
  return days({ month: "short" }).format(utcMidnight(iso));
}

export function yearOf(iso: string): string {
  return days({ year: "numeric" }).format(utcMidnight(iso));
}

/** Write a local day with its year. */
export function dayOfYear(iso: string): string {
  return days({ day: "numeric", month: "long", year: "numeric" }).format(utcMidnight(iso));
}

/** Write the days from one to another, both included. */
export function period(from: string, to: string): string {
  const format = days({ day: "numeric", month: "short", year: "numeric" });
  return format.formatRange(utcMidnight(from), utcMidnight(to));
}

/** Write an instant as clocks in `zone` show it. */
export function moment(iso: string, zone: string): string {
  return new Intl.DateTimeFormat(localeTag(), {
    timeZone: zone,
    weekday: "short",
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
  }).format(new Date(iso));
}

/** Write the local day of an instant, with its year. */
export function dayAt(iso: string, zone: string): string {
  const parts = { day: "numeric", month: "short", year: "numeric" } as const;
  return new Intl.DateTimeFormat(localeTag(), { ...parts, timeZone: zone }).format(new Date(iso));
}

/** Write an instant with its year, as clocks in `zone` show it. */
export function momentOfYear(iso: string, zone: string): string {
  const style = { dateStyle: "medium", timeStyle: "short", timeZone: zone } as const;
  return new Intl.DateTimeFormat(localeTag(), style).format(new Date(iso));
}

/** Write how long it is until an instant, in the two largest units. */
export function until(iso: string, now: number): string {
  const minutes = Math.max(0, Math.ceil((Date.parse(iso) - now) / 60_000));
  const [d, h, m] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60];
  const parts = d > 0 ? [unit(d, "day"), unit(h, "hour")] : [unit(h, "hour"), unit(m, "minute")];
  return parts.join(" ");
}

function unit(value: number, name: string): string {
  const style = { style: "unit", unit: name, unitDisplay: "short" } as const;
  return new Intl.NumberFormat(localeTag(), style).format(value);
}

function days(parts: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(localeTag(), { ...parts, timeZone: "UTC" });
}

function utcMidnight(iso: string): Date {
  return new Date(`${iso}T00:00:00Z`);
}

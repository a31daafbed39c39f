import type { Refusal } from "./changing";
import { i18n } from "./i18n";

/** Say what is wrong with an input of a setting. */
export function sentenceOfSetting({ why, field }: { why: Refusal; field: string | null }): string {
  if (why !== "BAD_USER_INPUT") return sentenceOf(why);
  switch (field) {
    case "email":
    case "recipients":
      return i18n._("Write addresses such as anna@example.com: each once, at most 20.");
    case "url":
      return i18n._("Write a public address that begins with https://.");
    case "perCycleMax":
      return i18n._("The most in a cycle is at least the amount, and at most 1,000 times the amount.");
    default:
      return sentenceOf(why);
  }
}

/** Say why something is not changed. */
export function sentenceOf(refusal: Refusal): string {
  switch (refusal) {
    case "NotANumber":
      return i18n._("Write a number, without anything else.");
    case "NotAnAmount":
      return i18n._("Write an amount such as 25 or 25.50, without anything else.");
    case "NothingToChange":
      return i18n._("This is what holds already.");
    case "LimitExceeded":
      return i18n._("Your plan does not let you do that much, or that little, by yourself. Support can.");
    case "CommitmentNeeded":
      return i18n._("Balance can only be added to a commitment: commit to an amount first.");
    case "NoCurrentCycle":
      return i18n._("The first cycle has not started yet.");
    case "AccountEnded":
      return i18n._("The account ends before this would take effect.");
    case "IdempotencyConflict":
      return i18n._("Something else was sent from here before. Close this, look at the numbers, and begin anew.");
    default:
      return i18n._("This cannot be taken. Write something else.");
  }
}

import { i18n as lingui, type Messages } from "@lingui/core";
import { signal } from "@preact/signals";

/** The languages that every text is in, each by its own name. */
export const LANGUAGES = {
  de: "Deutsch",
  en: "English",
  fr: "Français",
  nl: "Nederlands",
} as const;

export type Language = keyof typeof LANGUAGES;

const CATALOGUES: Record<Language, () => Promise<{ messages: Messages }>> = {
  de: () => import("./locales/de"),
  en: () => import("./locales/en"),
  fr: () => import("./locales/fr"),
  nl: () => import("./locales/nl"),
};

const CHOICE = "kontingent-language";

/** The language that the page speaks: whoever renders text reads it. */
export const language = signal<Language>("en");

/** Texts, by their English ones: whoever renders one is rendered anew in another language. */
export const i18n = {
  _(text: string, values?: Record<string, unknown>): string {
    return language.value && lingui._(text, values);
  },
};

/** Speak the language chosen before, else the one that the server took from the browser. */
export async function speakFirst(): Promise<void> {
  const told = document.documentElement.lang;
  await speak([chosen(), told].find(isLanguage) ?? "en");
}

/** Speak a language from now on, and remember the choice. */
export async function choose(next: Language): Promise<void> {
  await speak(next);
  try {
    localStorage.setItem(CHOICE, next);
  } catch {
    // In a frame of another site there may be no storage: the choice lasts as long as the page.
  }
}

/** The tag that numbers and dates are written by: the browser's own variant of the language. */
export function localeTag(): string {
  const spoken = language.value;
  const variants = navigator.languages.filter((tag) => tag.split("-")[0] === spoken);
  return variants.find((tag) => tag.includes("-")) ?? variants[0] ?? spoken;
}

async function speak(next: Language): Promise<void> {
  const { messages } = await CATALOGUES[next]();
  lingui.loadAndActivate({ locale: next, messages });
  document.documentElement.lang = next;
  language.value = next;
}

function chosen(): string | null {
  try {
    return localStorage.getItem(CHOICE);
  } catch {
    return null;
  }
}

function isLanguage(text: string | null): text is Language {
  return text !== null && text in LANGUAGES;
}

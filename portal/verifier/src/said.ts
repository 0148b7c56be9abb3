// What a verdict says: sentences as templates and values, told in the language that is asked for.

import words from "./words.json";

export const LOCALES = ["en", "zh-Hans", "zh-Hant"] as const;
export type Locale = (typeof LOCALES)[number];
export type Language = (typeof words)["en"];
export type Status = "PASSED" | "FAILED" | "INDETERMINATE";
export type Text = keyof Language["texts"];
export type Reason = keyof Language["meanings"];
export type BundleReason = keyof Language["bundle"];
type Told = string | number | bigint | null | Said | readonly Told[];

/** A sentence for which no language is chosen yet. */
export interface Said {
  text: Text;
  values: Readonly<Record<string, Told>>;
}

export function said(text: Text, values: Readonly<Record<string, Told>> = {}): Said {
  return { text, values };
}

/** What an error says, which is in English; in other languages the reason's own sentence stands for it. */
export function refused(error: Error, reason: Reason): Said {
  return said("refused", { text: error.message, reason });
}

export function language(locale: Locale): Language {
  return words[locale] as Language;
}

export const ENGLISH = language("en");
export const POLICY = words.policy;
export const REVERIFY = words.reverify;

/** The sentence in a language. */
export function tell(sentence: Said, spoken: Language): string {
  const values: Record<string, Told> = { ...sentence.values };
  if (sentence.text === "refused") values.meaning = spoken.meanings[values.reason as Reason];
  return fill(spoken.texts[sentence.text], values, spoken);
}

export function fill(template: string, values: Readonly<Record<string, Told>>, spoken: Language): string {
  return template.replace(/\{([a-z0-9_]+)\}/g, (_, name: string) => told(values[name], spoken));
}

function told(value: Told | undefined, spoken: Language): string {
  if (value === null || value === undefined) return "None";
  if (typeof value !== "object") return String(value);
  if ("text" in value) return tell(value, spoken);
  return value.map((one) => told(one, spoken)).join(spoken.comma);
}


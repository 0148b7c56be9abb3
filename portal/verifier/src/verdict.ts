// What a verification found: numbered checks with reason codes, and a time interval. As notary/verdicts/verdict.py.

import { type Bytes, hex, printable, utc } from "./bytes";
import type { Value } from "./claim";
import { ENGLISH, type Language, type Reason, type Said, type Status, type Text, fill, said, tell } from "./said";

/** Seconds may be beyond 53 bits: a block's header has 64 for them. */
export type Seconds = bigint;

export interface Check {
  number: number;
  status: Status;
  said: Said;
  reason: Reason | null;
}

export function check(number: number, status: Status, told: Said, reason: Reason | null = null): Check {
  return { number, status, said: told, reason };
}

type Fact = string | number | bigint | null | readonly string[];

export interface AnchorResult {
  kind: "evm" | "rfc3161" | "ots";
  facts: Readonly<Record<string, Fact>>;
  timestamp: Seconds | null;
  proof: Check;
  trust: Check;
  pinned: boolean;
  uncertainty: number;
  qualified: boolean;
}

const SOURCES: Readonly<Record<AnchorResult["kind"], Text>> = {
  evm: "source-evm",
  rfc3161: "source-rfc3161",
  ots: "source-ots",
};

export function sourceOf(anchor: AnchorResult): Said {
  return said(SOURCES[anchor.kind], anchor.facts as Said["values"]);
}

export interface Interval {
  notBefore: number | null;
  notAfter: Seconds | null;
  uncertainty: number;
  sources: readonly AnchorResult[];
  notBeforeUncertainty: number;
}

export const NO_INTERVAL: Interval = { notBefore: null, notAfter: null, uncertainty: 0, sources: [], notBeforeUncertainty: 0 };

/** One sentence; only where `notAfter` is known, so there is a source. */
export function saidInterval(interval: Interval): Said {
  const values = {
    end: utc(interval.notAfter as Seconds),
    seconds: interval.uncertainty,
    source: sourceOf(interval.sources[0]),
  };
  if (interval.notBefore === null) return said("made-before", values);
  return said("made-between", { ...values, begin: utc(interval.notBefore), begin_seconds: interval.notBeforeUncertainty });
}

/** One sentence for each further source. */
export function saidOthers(interval: Interval): Said[] {
  return interval.sources.slice(1).map((one) =>
    said("also-before", { end: utc(one.timestamp as Seconds), seconds: one.uncertainty, source: sourceOf(one) }),
  );
}

export interface Standing {
  state: "current" | "superseded" | "revoked" | "erased" | null;
  logSize: number;
  headNotAfter: Seconds | null;
  custodyEntry: number | null;
}

export interface SignerResult {
  kind: string;
  identity: string;
  fingerprint: Bytes;
  check: Check;
}

export interface Note {
  reason: Reason | null;
  text: Text;
  values: Said["values"];
}

export interface Verdict {
  status: Status;
  reason: Reason | null;
  checks: Check[];
  interval: Interval;
  fields: ReadonlyMap<string, Value>;
  anchors: AnchorResult[];
  notes: Note[];
  standing: Standing | null;
  signers: SignerResult[];
  laterAnchors: AnchorResult[];
}

export function proves(verdict: Verdict, ...numbers: number[]): boolean {
  return numbers.every((number) => verdict.checks[number - 1].status === "PASSED");
}

export function sayNote(note: Note, language: Language): string {
  return printable(fill(language.texts[note.text], note.values, language));
}

/** Under which name, exhibit and case: a receipt for a file of another name is a valid one too. */
export function sealedAs(verdict: Verdict, language: Language): string {
  const shown = (name: string): string | null => {
    const value = verdict.fields.get(name);
    return value === undefined ? null : printable(String(value));
  };
  const parts = [shown("name") ?? language.texts["name-hidden"]];
  const exhibit = shown("exhibit");
  if (exhibit !== null) parts.push(fill(language.texts.exhibit, { exhibit }, language));
  parts.push(fill(language.texts.case, { case: shown("case") ?? language.texts["case-is-hidden"] }, language));
  const template = proves(verdict, 3, 4) ? "sealed-as" : "sealed-as-unproven";
  return fill(language.texts[template], { what: parts.join(language.comma) }, language);
}

/** As docs/formats/verdict.schema.json says. */
export function toJson(verdict: Verdict, language: Language = ENGLISH): object {
  return {
    status: verdict.status,
    reason: verdict.reason,
    checks: verdict.checks.map((one) => checkJson(one, language)),
    interval: {
      not_before: verdict.interval.notBefore,
      not_before_uncertainty_seconds: verdict.interval.notBeforeUncertainty,
      not_after: verdict.interval.notAfter,
      uncertainty_seconds: verdict.interval.uncertainty,
      sources: verdict.interval.sources.map((anchor) => ({
        type: anchor.kind,
        name: printable(tell(sourceOf(anchor), language)),
        not_after: anchor.timestamp,
        uncertainty_seconds: anchor.uncertainty,
        qualified: anchor.qualified,
      })),
    },
    fields: Object.fromEntries(verdict.fields),
    anchors: verdict.anchors.map((anchor) => anchorJson(anchor, language)),
    later_anchors: verdict.laterAnchors.map((anchor) => anchorJson(anchor, language)),
    standing: verdict.standing && {
      state: verdict.standing.state,
      log_size: verdict.standing.logSize,
      head_not_after: verdict.standing.headNotAfter,
      custody_entry: verdict.standing.custodyEntry,
    },
    signers: verdict.signers.map((signer) => ({
      type: signer.kind,
      identity: signer.identity,
      fingerprint: hex(signer.fingerprint) || null,
      status: signer.check.status,
      reason: signer.check.reason,
      detail: tell(signer.check.said, language),
    })),
    notes: verdict.notes.map((note) => ({ reason: note.reason, text: sayNote(note, language) })),
  };
}

function checkJson(one: Check, language: Language): object {
  const { number, status, reason } = one;
  return { number, title: language.titles[number - 1], status, reason, detail: tell(one.said, language) };
}

function anchorJson(anchor: AnchorResult, language: Language): object {
  return {
    type: anchor.kind,
    ...anchor.facts,
    timestamp: anchor.timestamp,
    proof: checkJson(anchor.proof, language),
    trust: checkJson(anchor.trust, language),
    pinned: anchor.pinned,
    qualified: anchor.qualified,
    uncertainty_seconds: anchor.uncertainty,
  };
}

/** JSON text, with integers of any size. */
export function jsonText(value: object): string {
  const numbers: string[] = [];
  const marked = JSON.stringify(value, (_, item) => {
    if (typeof item !== "bigint") return item;
    numbers.push(String(item));
    return `\u0000${numbers.length - 1}\u0000`;
  });
  return marked.replace(/"\\u0000([0-9]+)\\u0000"/g, (_, at: string) => numbers[Number(at)]);
}

// What a validation of an evidence record found. As notary/records/evidence_verdict.py.

import { type Ending, type Facts, sayUse } from "./algorithms";
import { printable, utc } from "./bytes";
import { ENGLISH, type Language, type Status, fill } from "./said";

export type RecordReason = keyof Language["records"]["meanings"];

export interface RecordCheck {
  number: number;
  status: Status;
  detail: string;
  reason: RecordReason | null;
}

/** What was found about one archive time-stamp; `at` null where its token cannot be read, `facts` where it does not hold. */
export interface StampResult {
  chain: number;
  place: number;
  hashName: string | null;
  at: number | null;
  facts: Facts | null;
}

/** `notAfter`: Unix seconds by which the documents existed; `nextEnd`: what ends first, so until when to renew. */
export interface RecordVerdict {
  status: Status;
  reason: RecordReason | null;
  checks: RecordCheck[];
  stamps: StampResult[];
  notAfter: number | null;
  uncertainty: number;
  nextEnd: Ending | null;
}

/** As `tallystick renew --validate --json` has it. */
export function recordJson(verdict: RecordVerdict): object {
  const { nextEnd } = verdict;
  return {
    status: verdict.status,
    reason: verdict.reason,
    checks: verdict.checks.map(({ number, status, reason, detail }) => {
      return { number, title: ENGLISH.records.titles[number - 1], status, reason, detail };
    }),
    stamps: verdict.stamps.map(({ chain, place, hashName, at, facts }) => {
      return { chain, place, hash: hashName, time: at, algorithms: facts ? facts.uses.map(sayUse) : [] };
    }),
    not_after: verdict.notAfter,
    uncertainty_seconds: verdict.uncertainty,
    next_end: nextEnd && { what: nextEnd.what, until: nextEnd.until },
  };
}

/** Until when to renew the record; null where no end is known. */
export function sayRenew(verdict: RecordVerdict, spoken: Language): string | null {
  const { nextEnd } = verdict;
  if (nextEnd === null || nextEnd.until === null) return null;
  return fill(spoken.records.renew, { until: utc(nextEnd.until), what: printable(nextEnd.what) }, spoken);
}

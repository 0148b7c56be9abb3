// How long hashes and signatures are good for, by the policy that comes with this page. As notary/records/algorithms.py.

import { POLICY } from "./said";

const DAY_SECONDS = 86_400;

/** An algorithm as something uses it; `bits` of an RSA key or a curve, null where the name says it. */
export interface Use {
  kind: "hash" | "signature";
  algorithm: string;
  bits: number | null;
}

/** What ends, and when: Unix seconds, the last one; null: no end is known. */
export interface Ending {
  what: string;
  until: number | null;
  source: string | null;
}

/** What the strength of a proof rests on: algorithms, and certificates with their last second. */
export interface Facts {
  uses: Use[];
  certificates: [string, number][];
}

type Row = (typeof POLICY)[number];

export function hashUse(name: string): Use {
  return { kind: "hash", algorithm: name, bits: null };
}

export function sameUse(one: Use, other: Use): boolean {
  return one.kind === other.kind && one.algorithm === other.algorithm && one.bits === other.bits;
}

export function sayUse(use: Use): string {
  return use.bits === null ? use.algorithm : `${use.algorithm} of ${use.bits} bits`;
}

/** When an algorithm ends, by the earliest source; one that no row names has ended. */
export function endingOf(use: Use): Ending {
  const rows = POLICY.filter((row) => covers(row, use));
  if (!rows.length) return { what: `${sayUse(use)}, which no row of the policy names`, until: 0, source: null };
  const first = rows.reduce((best, row) => (end(row) < end(best) ? row : best));
  return { what: sayUse(use), until: first.until === null ? null : end(first), source: first.source };
}

export function hasEnded(ending: Ending, at: number): boolean {
  return ending.until !== null && at > ending.until;
}

/** What of `facts` ends first, be it in the past or to come; null where no end is known of anything. */
export function weakest(facts: Facts): Ending | null {
  const endings = facts.uses.map(endingOf);
  for (const [what, until] of facts.certificates) endings.push({ what, until, source: null });
  const known = endings.filter((one) => one.until !== null);
  return known.length ? known.reduce((best, one) => ((one.until as number) < (best.until as number) ? one : best)) : null;
}

function covers(row: Row, use: Use): boolean {
  if (row.kind !== use.kind || row.algorithm !== use.algorithm) return false;
  if (row.bits_from === null && row.bits_below === null) return true;
  const bits = use.bits ?? 0;
  return (row.bits_from ?? 0) <= bits && (row.bits_below === null || bits < row.bits_below);
}

/** The last second of a row's last day. */
function end(row: Row): number {
  return row.until === null ? Infinity : Date.parse(`${row.until}T00:00:00Z`) / 1000 + DAY_SECONDS - 1;
}

// Which document belongs to which receipt. As portal/pairing.py, and for bundles portal/cli/verify_bundle.py.
//
//     sidecar  NAME and NAME.receipt.json
//     content  the document's SHA-256 is the one that the receipt shows
//     name     the document's path ends in the name that the receipt shows: so an altered file meets its receipt
//     alone    one document and one receipt, nothing else: they are compared whatever they are
//
// Of several receipts that fit, the newest is taken.

import { fromHex, hex, unhex } from "./bytes";
import { claimEntry } from "./commitment";
import { type ReceiptInvalid } from "./errors";
import { documentPaths } from "./layout";
import { leafHash } from "./merkle";
import type { Receipt } from "./receipt";
import { type Verdict, proves } from "./verdict";
import type { DocumentDigests } from "./verify";

/** One receipt of a file; `fault` where the file did not parse (then `receipt` is null). */
export interface Found {
  source: string;
  receipt: Receipt | null;
  fault: ReceiptInvalid | null;
}

/** A document as it was read. `sealed`: the name that it has by its place in a bundle. */
export interface Hashed {
  name: string;
  digests: DocumentDigests;
  sealed?: string | null;
}

/** A document with its receipt; either may be missing, not both. */
export interface Pair {
  document: Hashed | null;
  found: Found | null;
}

/** Documents in their order, each with its receipt or none; then receipts whose document is missing. */
export function pair(documents: readonly Hashed[], receipts: readonly Found[]): Pair[] {
  if (documents.length === 1 && receipts.length === 1) return [{ document: documents[0], found: receipts[0] }];
  const order = receipts.map((_, at) => at).sort((one, other) => compareAge(receipts[one], receipts[other]) || other - one);
  const rank = new Map(order.map((at, place) => [at, place]));
  const [byDigest, byName, byBoth] = [new Map<string, number[]>(), new Map<string, number[]>(), new Map<string, number[]>()];
  for (const at of order) {
    const shown = receipts[at].receipt?.opening.shown();
    const digest = String(shown?.get("sha256") ?? "");
    push(byDigest, digest, at);
    push(byName, String(shown?.get("name") ?? ""), at);
    push(byBoth, both(digest, sealedName(receipts[at]) ?? ""), at);
  }
  const chosen = new Map<Hashed, Found>();
  const used = new Set<number>();
  const choose = (document: Hashed, ...candidates: (number[] | undefined)[]): void => {
    if (chosen.has(document)) return;
    const free = candidates.flatMap((list) => {
      while (list?.length && used.has(list[list.length - 1])) list.pop();
      return list?.length ? [list[list.length - 1]] : [];
    });
    if (!free.length) return;
    const best = free.reduce((one, other) => ((rank.get(one) as number) >= (rank.get(other) as number) ? one : other));
    chosen.set(document, receipts[best]);
    used.add(best);
  };
  const bySource = new Map(receipts.map((found, at) => [found.source, at]));
  for (const document of documents) {
    const at = bySource.get(`${document.name}.receipt.json`);
    if (at !== undefined) choose(document, [at]);
  }
  for (const document of documents) {
    const digest = hex(document.digests.digests.sha256);
    choose(document, ...namesOf(document).map((name) => byBoth.get(both(digest, name))));
    choose(document, byDigest.get(digest));
  }
  for (const document of documents) for (const name of namesOf(document)) choose(document, byName.get(name));
  const pairs: Pair[] = documents.map((document) => ({ document, found: chosen.get(document) ?? null }));
  return [...pairs, ...receipts.filter((_, at) => !used.has(at)).map((found) => ({ document: null, found }))];
}

/** Each receipt with the document that lies where the receipt's document has to, else with one of its digest. */
export function pairBundled(found: readonly Found[], documents: ReadonlyMap<string, DocumentDigests>): Pair[] {
  const hashed = (name: string, sealed: string | null = null): Hashed => ({ name, digests: documents.get(name) as DocumentDigests, sealed });
  const receipts = found.flatMap((one) => one.receipt ?? []);
  if (receipts.length !== found.length)
    return [...found.map((one) => ({ document: null, found: one })), ...[...documents.keys()].map((name) => ({ document: hashed(name), found: null }))];
  const paths = documentPaths(receipts).map((path) => (documents.has(path) ? path : null));
  const left = new Set([...documents.keys()].filter((path) => !paths.includes(path)));
  const byDigest = new Map([...left].map((path) => [hex(documents.get(path)?.digests.sha256 as Uint8Array), path]));
  const pairs = found.map((one, at): Pair => {
    const path = paths[at];
    if (path !== null) return { document: hashed(path, sealedName(one)), found: one };
    const digest = String(one.receipt?.opening.shown().get("sha256"));
    const moved = byDigest.get(digest);
    if (moved === undefined) return { document: null, found: one };
    byDigest.delete(digest);
    left.delete(moved);
    return { document: hashed(moved), found: one };
  });
  return [...pairs, ...[...left].map((path) => ({ document: hashed(path), found: null }))];
}

/** Whether the document's path ends in the name that the receipt shows. */
export function hasSealedName(document: Hashed, found: Found): boolean {
  const name = sealedName(found);
  return name !== null && (document.sealed === name || namesOf(document).includes(name));
}

/** The name that the receipt shows, as it is on disk; null where it is withheld. */
function sealedName(found: Found): string | null {
  const shown = found.receipt?.opening.shown();
  const [name, raw] = [shown?.get("name"), shown?.get("name_bytes")];
  if (typeof name !== "string") return null;
  if (typeof raw !== "string") return name;
  return unhex(raw) ? new TextDecoder("utf-8", { ignoreBOM: true }).decode(fromHex(raw)) : null;
}

/** The names that a receipt may show for the document: its own, and every end of its path; the longest first. */
function namesOf(document: Hashed): string[] {
  const parts = document.name.split("/");
  return parts.map((_, at) => parts.slice(at).join("/")).filter((name) => name !== "");
}

function both(digest: string, name: string): string {
  return `${digest}/${name}`;
}

function push(lists: Map<string, number[]>, key: string, at: number): void {
  const list = lists.get(key);
  if (list) list.push(at);
  else lists.set(key, [at]);
}

/** Order of receipts: the later entry, then the later checkpoint. */
function compareAge(one: Found, other: Found): number {
  const age = (found: Found): [number, number] =>
    found.receipt ? [found.receipt.entry.index, found.receipt.note.checkpoint.size] : [-1, -1];
  const [mine, theirs] = [age(one), age(other)];
  return mine[0] - theirs[0] || mine[1] - theirs[1];
}

/** Which pairs are receipts of older versions, so that nothing is missing where their document is. */
export function superseded(pairs: readonly Pair[], verdicts: readonly (Verdict | null)[]): Set<number> {
  const left = new Map<string, number>();
  const newer: number[] = [];
  pairs.forEach(({ document, found }, at) => {
    const verdict = verdicts[at];
    if (!verdict || !found?.receipt) return;
    if (document === null && verdict.status !== "FAILED" && proves(verdict, 1, 3, 4, 5, 6))
      left.set(hex(leafHash(claimEntry(found.receipt.opening.commitment()))), at);
    if (proves(verdict, 1, 2, 3, 4, 5, 6)) newer.push(at);
  });
  const older = new Set<number>();
  for (let at = newer.pop(); at !== undefined; at = newer.pop()) {
    const later = pairs[at].found?.receipt as Receipt;
    const place = left.get(String(later.opening.shown().get("continues") ?? ""));
    if (place === undefined || older.has(place) || !isSameCase(pairs[place].found?.receipt as Receipt, later)) continue;
    older.add(place);
    newer.push(place);
  }
  return older;
}

function isSameCase(one: Receipt, other: Receipt): boolean {
  const [mine, theirs] = [one, other].map((receipt) => receipt.opening.shown().get("case_blinded"));
  const isSameLog = text(one) === text(other);
  return isSameLog && mine !== undefined && mine === theirs;
}

function text({ log }: Receipt): string {
  return [log.id ? hex(log.id) : "", hex(log.key), log.origin].join(" ");
}

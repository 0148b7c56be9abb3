// The verdicts on all that was given, as `tallystick verify` lists them: the pairs of documents and receipts, then what was
// found of bundles and reports.

import { type Bytes, hex } from "./bytes";
import { type Given, type Read, type ReadBundle, collect, readAll } from "./files";
import type { Finding } from "./examine";
import { type Hashed, type Pair, hasSealedName, pair, pairBundled, superseded } from "./pairing";
import { type RecordResult, judgeRecords } from "./records";
import { type BundleReason, type Reason, type Status, language } from "./said";
import { Trust } from "./trust";
import { type Note, type Verdict, jsonText, toJson } from "./verdict";
import { Verifier, unreadable } from "./verify";

/** What came out for one pair. `reason`: of the verdict, or why there is none. */
export interface Result {
  pair: Pair;
  status: Status;
  reason: Reason | BundleReason | "no-receipt" | null;
  verdict: Verdict | null;
}

export interface Judged {
  results: Result[];
  findings: Finding[];
  records: RecordResult[];
  /** Contents digests of the bundles. */
  contents: Bytes[];
  /** Receipts of older versions, whose documents are not missed. */
  older: Pair[];
}

/** `at`: Unix seconds, now. */
export function judge(given: Given, read: Read, trust: Trust, at: number): Judged {
  const verifier = new Verifier(trust);
  const parts = [
    judgePairs(verifier, pair(read.documents, given.receipts), "no-receipt"),
    ...read.bundles.map((one) => judgePairs(verifier, pairBundled(one.receipts, one.documents), "document-without-receipt")),
  ];
  const records = judgeRecords(given.records, read.documents, read.objects, trust, at);
  const isAbout = (one: Pair): boolean => records.some(({ about }) => about.some((document) => document === one.document));
  if (!given.receipts.length) parts[0].results = parts[0].results.filter((one) => !isAbout(one.pair)); // it lacks no receipt
  return {
    results: parts.flatMap((one) => one.results),
    records: [...records, ...read.bundles.flatMap((one) => judgeRecords(one.records, documentsOf(one), null, trust, at))],
    findings: [...read.bundles.flatMap((one) => one.findings), ...given.reports],
    contents: read.bundles.map((one) => one.contents),
    older: parts.flatMap((one) => one.older),
  };
}

function documentsOf({ documents }: ReadBundle): Hashed[] {
  return [...documents].map(([name, digests]) => ({ name, digests }));
}

function judgePairs(verifier: Verifier, pairs: readonly Pair[], alone: Result["reason"]): Pick<Judged, "results" | "older"> {
  const results = pairs.map((one): Result => {
    if (!one.found) return { pair: one, status: "INDETERMINATE", reason: alone, verdict: null };
    const verdict = one.found.receipt ? named(verifier.verify(one.found.receipt, one.document?.digests ?? null), one) : null;
    const shown = verdict ?? (one.found.fault && unreadable(one.found.fault));
    return { pair: one, status: shown?.status ?? "INDETERMINATE", reason: shown?.reason ?? null, verdict: shown };
  });
  const older = superseded(pairs, results.map((one) => one.verdict));
  return { results: results.filter((_, at) => !older.has(at)), older: pairs.filter((_, at) => older.has(at)) };
}

/** With a note where the file's name is not the sealed one. */
function named(verdict: Verdict, { document, found }: Pair): Verdict {
  const sealed = verdict.fields.get("name");
  if (!document || !found || sealed === undefined || hasSealedName(document, found)) return verdict;
  const values = { name: document.name.split("/").pop() as string, sealed: String(sealed) };
  const note: Note = { reason: null, text: "name-differs", values };
  return { ...verdict, notes: [...verdict.notes, note] };
}

/** The status of the whole. */
export function overall(statuses: readonly Status[]): Status {
  if (statuses.includes("FAILED")) return "FAILED";
  return statuses.length && statuses.every((one) => one === "PASSED") ? "PASSED" : "INDETERMINATE";
}

/** JSON text of what `tallystick verify --json` says of these files; what cannot be read at all is in `faults`. */
export async function judgedJson(files: readonly File[], trust: Bytes | null, page: Bytes | null, at: number): Promise<string> {
  const given = await collect(files);
  const read = await readAll(given, page, { begin() {}, advance() {}, isWanted: () => true });
  if (read === null) throw new Error("the reading ended early");
  const { results, findings, records, contents } = judge(given, read, trust ? Trust.fromBytes(trust) : new Trust(), at);
  const listed = results.map(({ pair: { document, found }, status, reason, verdict }) => ({
    document: document?.name ?? ((verdict?.fields.get("name") as string | undefined) ?? null),
    receipt: found?.source ?? null,
    status,
    reason,
    verdict: found?.receipt && verdict ? toJson(verdict, language("en")) : null,
  }));
  const found = findings.map(({ name, status, reason }) => ({ document: name, receipt: null, status, reason, verdict: null }));
  const recorded = records.map(({ name, verdict: { status, reason } }) => ({ document: name, receipt: null, status, reason, verdict: null }));
  const all = [...listed, ...found, ...recorded];
  return jsonText({
    status: overall(all.map((one) => one.status)),
    results: all,
    contents_sha256: contents.map(hex),
    faults: [...given.faults, ...read.faults].map((one) => one.text),
  });
}

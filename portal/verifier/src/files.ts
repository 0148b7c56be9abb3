// What was given: documents, receipts, trust files, records, bundles, reports; told apart, and read piece by piece.

import { sha256 as _sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import { sha3_256, sha3_384, sha3_512 } from "@noble/hashes/sha3.js";
import { type Bytes, concat } from "./bytes";
import { BundleZip, byCodePoint } from "./bundle_zip";
import { MAX_PDF_BYTES, ReportUnread, embeddedFiles } from "./embedded";
import { BundleInvalid, JsonInvalid, ReceiptInvalid, ReportInvalid } from "./errors";
import { MAX_RECORD_BYTES } from "./evidence_record";
import { type Finding, examine, examineReport } from "./examine";
import { type Json, loads } from "./jcs";
import { DOCUMENTS, RECEIPTS, TRUST, contentsDigest, isRecord } from "./layout";
import type { Found, Hashed } from "./pairing";
import { MAX_BUNDLE_BYTES, readAny } from "./receipt";
import { type RecordFile, recordHashes } from "./records";
import { receiptNames } from "./report_input";
import { Sm3 } from "./sm3";
import { MAX_TRUST_BYTES } from "./trust";
import { type DocumentDigests, neededDigests } from "./verify";

const PIECE = 4 * 1024 * 1024;
const PEEK = 2 * 1024 * 1024;
const MAX_RECORDS = 2 ** 28; // bytes of all evidence records of a bundle
const TAIL = 4 * 1024 * 1024; // of a zip: it holds the list of files, or the end of it
const MARK = /tallystick\/(receipt|trusted-blocks)/;
const BUNDLED = /MANIFEST\.sha256|receipts\.json/;

/** A file, wherever it lies: read piece by piece. */
export interface Source {
  name: string;
  size: number;
  stream(): AsyncIterable<Bytes>;
}

export interface Bundle {
  name: string;
  zip: BundleZip;
  receipts: Found[];
  records: RecordFile[];
  trust: TrustFile[];
}

/** `isIssuers`: it came with a bundle or a report, so it counts only where the reader says so. */
export interface TrustFile {
  name: string;
  data: Bytes;
  isIssuers: boolean;
}

export interface Fault {
  name: string;
  text: string;
}

/** What one drop holds, or several. `objects`: files of receipts, which a record may be about. */
export interface Given {
  documents: Source[];
  receipts: Found[];
  bundles: Bundle[];
  reports: Finding[];
  trust: TrustFile[];
  faults: Fault[];
  records: RecordFile[];
  objects: Source[];
}

/** A bundle that was read to its end. `documents` by their path; `contents`: the contents digest. */
export interface ReadBundle extends Bundle {
  documents: Map<string, DocumentDigests>;
  findings: Finding[];
  contents: Bytes;
}

export interface Read {
  documents: Hashed[];
  objects: Hashed[];
  bundles: ReadBundle[];
  faults: Fault[];
}

export function nothing(): Given {
  return { documents: [], receipts: [], bundles: [], reports: [], trust: [], faults: [], records: [], objects: [] };
}

export function joined(one: Given, other: Given): Given {
  return {
    documents: [...one.documents, ...other.documents],
    receipts: [...one.receipts, ...other.receipts],
    bundles: [...one.bundles, ...other.bundles],
    reports: [...one.reports, ...other.reports],
    trust: [...one.trust, ...other.trust],
    faults: [...one.faults, ...other.faults],
    records: [...one.records, ...other.records],
    objects: [...one.objects, ...other.objects],
  };
}

/** Every evidence record, of bundles too. */
function recordsOf(given: Given): RecordFile[] {
  return [...given.records, ...given.bundles.flatMap((one) => one.records)];
}

async function* piecesOf(blob: Blob): AsyncGenerator<Bytes> {
  for (let at = 0; at < blob.size; at += PIECE) yield new Uint8Array(await blob.slice(at, at + PIECE).arrayBuffer());
}

async function begins(file: Blob, mark: string, within: number): Promise<boolean> {
  return new TextDecoder("latin1").decode(await file.slice(0, within).arrayBuffer()).includes(mark);
}

export async function collect(files: readonly File[]): Promise<Given> {
  const given = nothing();
  const names = new Set(files.map(pathOf));
  for (const file of files) {
    const name = pathOf(file);
    const source: Source = { name, size: file.size, stream: () => piecesOf(file) };
    try {
      const isWhole = !names.has(`${name}.receipt.json`); // what has a receipt of its own beside it is a document
      if (isWhole && (await isBundle(file))) given.bundles.push(await openBundle(name, file));
      else if (!(isWhole && (await addReport(given, name, file)))) await add(given, source);
    } catch (exc) {
      given.faults.push({ name, text: (exc as Error).message });
    }
  }
  return given;
}

function pathOf(file: File): string {
  return file.webkitRelativePath || file.name;
}

/** A zip that names a bundle's files in its list. Any other zip is a document. */
async function isBundle(file: File): Promise<boolean> {
  if (!(await begins(file, "PK", 2))) return false;
  const tail = await file.slice(Math.max(0, file.size - TAIL)).arrayBuffer();
  return BUNDLED.test(new TextDecoder("latin1").decode(tail));
}

/** Raises BundleInvalid. */
async function openBundle(name: string, file: File): Promise<Bundle> {
  const zip = await BundleZip.open(file);
  const receipts = zip.has(RECEIPTS) ? receiptsOf(`${name}:${RECEIPTS}`, await zip.read(RECEIPTS, MAX_BUNDLE_BYTES)) : [];
  const records: RecordFile[] = [];
  const names = zip.names.filter(isRecord).sort((one, other) => one.length - other.length || byCodePoint(one, other));
  const total = names.reduce((sum, one) => sum + zip.size(one), 0);
  if (total > MAX_RECORDS)
    throw new BundleInvalid("zip-too-large", `the evidence records have ${total} bytes, at most ${MAX_RECORDS} are allowed`);
  for (const one of names) records.push({ name: one, data: await zip.read(one, MAX_RECORD_BYTES) });
  const hasTrust = zip.has(TRUST) && zip.size(TRUST) <= MAX_TRUST_BYTES;
  const trust = hasTrust ? [{ name: TRUST, data: await zip.read(TRUST, MAX_TRUST_BYTES), isIssuers: true }] : [];
  return { name, zip, receipts, records, trust };
}

/** A report: a PDF that carries report.json. Any other PDF is a document. */
async function addReport(given: Given, name: string, file: File): Promise<boolean> {
  if (file.size > MAX_PDF_BYTES || !(await begins(file, "%PDF-", 1024))) return false;
  let inside: Map<string, Bytes>;
  try {
    inside = await embeddedFiles(new Uint8Array(await file.arrayBuffer()));
  } catch (exc) {
    if (exc instanceof ReportInvalid || exc instanceof ReportUnread) return false;
    throw exc;
  }
  if (!inside.has("report.json")) return false;
  for (const one of receiptNames(inside)) given.receipts.push(...receiptsOf(`${name}:${one}`, inside.get(one) as Bytes));
  for (const [one, data] of inside) if (/^trust(-\d)?\.json$/.test(one)) given.trust.push({ name: `${name}:${one}`, data, isIssuers: true });
  given.reports.push(examineReport(name, inside));
  return true;
}

async function add(given: Given, source: Source): Promise<void> {
  if (/\.er$/i.test(source.name)) {
    if (source.size > MAX_RECORD_BYTES) throw new Error(`${source.size} bytes, at most ${MAX_RECORD_BYTES} are read`);
    given.records.push({ name: source.name, data: await whole(source) });
    return;
  }
  const isNamed = /\.receipts?\.json$/.test(source.name);
  if (source.size <= MAX_BUNDLE_BYTES + 1 && (isNamed || (await mayBeJson(source)))) {
    const data = await whole(source);
    const format = isNamed ? null : formatOf(data);
    if (format === "tallystick/trusted-blocks") {
      given.trust.push({ name: source.name, data, isIssuers: false });
      return;
    }
    if (isNamed || format === "tallystick/receipt" || format === "tallystick/receipts") {
      given.receipts.push(...receiptsOf(source.name, data));
      given.objects.push(source);
      return;
    }
  }
  given.documents.push(source);
}

/** Whether a file of any name begins as an object that says what it is. */
async function mayBeJson(source: Source): Promise<boolean> {
  let text = "";
  for await (const piece of source.stream()) {
    text += new TextDecoder("latin1").decode(piece);
    if (text.length >= PEEK || !/^[\t\n\v\f\r ]*(\{|$)/.test(text)) break;
  }
  text = text.slice(0, PEEK);
  return /^[\t\n\v\f\r ]*\{/.test(text) && MARK.test(text);
}

/** What a JSON object says it is; null where it says nothing. */
function formatOf(data: Bytes): Json {
  try {
    const value = loads(data, MAX_BUNDLE_BYTES, "receipt file");
    return value instanceof Map ? (value.get("format") ?? null) : null;
  } catch (exc) {
    if (!(exc instanceof JsonInvalid)) throw exc;
    return new TextDecoder().decode(data.subarray(0, PEEK)).includes("tallystick/trusted-blocks") ? "tallystick/trusted-blocks" : null;
  }
}

function receiptsOf(source: string, data: Bytes): Found[] {
  try {
    return readAny(data).map((receipt) => ({ source, receipt, fault: null }));
  } catch (exc) {
    if (exc instanceof ReceiptInvalid) return [{ source, receipt: null, fault: exc }];
    throw exc;
  }
}

async function whole(source: Source): Promise<Bytes> {
  const parts: Bytes[] = [];
  for await (const part of source.stream()) parts.push(part);
  return concat(...parts);
}

interface Hasher {
  update(data: Bytes): unknown;
  digest(): Bytes;
}

const HASHERS: Readonly<Record<string, () => Hasher>> = {
  sha256: () => _sha256.create(),
  sha384: () => sha384.create(),
  sha512: () => sha512.create(),
  sha3_256: () => sha3_256.create(),
  sha3_384: () => sha3_384.create(),
  sha3_512: () => sha3_512.create(),
  sm3: () => new Sm3(),
};

/** Who is told of the progress of reading. */
export interface Watcher {
  begin(name: string): void;
  advance(done: number, total: number): void;
  /** Whether the reading still matters; if not, it ends. */
  isWanted(): boolean;
}

/**
 * Read every document and bundle to its end; null where that was no longer wanted.
 *
 * page    SHA-256 of this page; null: not known
 */
export async function readAll(given: Given, page: Bytes | null, watcher: Watcher): Promise<Read | null> {
  const others = recordHashes(recordsOf(given));
  const read: Read = { documents: [], objects: [], bundles: [], faults: [] };
  const objects = given.records.length ? given.objects : [];
  const sizeOf = ({ zip }: Bundle): number => zip.names.reduce((sum, name) => sum + zip.size(name), 0);
  const total = [...given.documents, ...objects].reduce((sum, one) => sum + one.size, 0) + given.bundles.reduce((sum, one) => sum + sizeOf(one), 0);
  let done = 0;
  const hash = (source: Source, names: Iterable<string>): Promise<DocumentDigests | null> =>
    hashDocument(source, names, watcher.isWanted, (size) => watcher.advance((done += size), total));
  const names = namesOf(given.receipts, others);
  for (const [sources, into] of [[given.documents, read.documents], [objects, read.objects]] as const)
    for (const source of sources) {
      watcher.begin(source.name);
      try {
        const digests = await hash(source, names);
        if (digests === null) return null;
        into.push({ name: source.name, digests });
      } catch (exc) {
        read.faults.push({ name: source.name, text: (exc as Error).message });
      }
    }
  for (const bundle of given.bundles) {
    watcher.begin(bundle.name);
    try {
      const found = await readBundle(bundle, namesOf(bundle.receipts, others), page, hash);
      if (found === null) return null;
      read.bundles.push(found);
    } catch (exc) {
      if (!(exc instanceof BundleInvalid)) throw exc;
      read.faults.push({ name: bundle.name, text: exc.message });
    }
  }
  return watcher.isWanted() ? read : null;
}

type Hash = (source: Source, names: Iterable<string>) => Promise<DocumentDigests | null>;

async function readBundle(bundle: Bundle, names: Iterable<string>, page: Bytes | null, hash: Hash): Promise<ReadBundle | null> {
  const { zip } = bundle;
  const documents = new Map<string, DocumentDigests>();
  const plain = new Map<string, Bytes>();
  for (const name of zip.names) {
    const isDocument = name.startsWith(DOCUMENTS);
    const digests = await hash({ name, size: zip.size(name), stream: () => zip.pieces(name) }, isDocument ? names : ["sha256"]);
    if (digests === null) return null;
    plain.set(name, digests.digests.sha256);
    if (isDocument) documents.set(name, digests);
  }
  const receipts = bundle.receipts.flatMap((one) => one.receipt ?? []);
  return { ...bundle, documents, findings: await examine(zip, plain, receipts, page), contents: contentsDigest(plain) };
}

/** The digests of a document, read piece by piece; `advance` is told how many bytes were read. */
async function hashDocument(
  source: Source, names: Iterable<string>, isWanted: () => boolean, advance: (size: number) => void,
): Promise<DocumentDigests | null> {
  const hashers = new Map([...names].map((name) => [name, HASHERS[name]()]));
  let size = 0;
  let shown = 0;
  for await (const piece of source.stream()) {
    for (const hasher of hashers.values()) hasher.update(piece);
    size += piece.length;
    if (size - shown >= PIECE) {
      advance(size - shown);
      shown = size;
      await new Promise((resolve) => setTimeout(resolve)); // the page stays usable
    }
    if (!isWanted()) return null;
  }
  advance(size - shown);
  return { size, digests: Object.fromEntries([...hashers].map(([name, hasher]) => [name, hasher.digest()])) };
}

/** Which digests the receipts ask for, and `others`. */
function namesOf(receipts: readonly Found[], others: readonly string[]): Set<string> {
  return new Set(["sha256", ...others, ...receipts.flatMap((found) => (found.receipt ? neededDigests(found.receipt) : []))]);
}

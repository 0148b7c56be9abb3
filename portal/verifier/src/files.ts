// What was given: documents, receipts, trust files, bundles, reports; and which document belongs to which receipt.
//
//     content  the document's SHA-256 is the one that the receipt shows
//     sidecar  NAME and NAME.receipt.json
//     name     the document's path ends in the name that the receipt shows: so an altered file meets its receipt
//     alone    one document and one receipt, nothing else: they are compared whatever they are

import { sha256 as _sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import { sha3_256, sha3_384, sha3_512 } from "@noble/hashes/sha3.js";
import { type Bytes, concat, hex } from "./bytes";
import { ReceiptInvalid } from "./errors";
import { embeddedFiles } from "./pdf";
import { MAX_RECORD_BYTES } from "./evidence_record";
import { type Receipt, readAny } from "./receipt";
import type { RecordFile } from "./records";
import { Sm3 } from "./sm3";
import { type DocumentDigests, neededDigests } from "./verify";
import { readZip } from "./zip";

const PIECE = 4 * 1024 * 1024;
const PEEK = 2 * 1024 * 1024;
const MAX_SMALL = 128 * 1024 * 1024 + 1; // a file of many receipts
const MARK = /"tallystick\/receipts?"/;
const TRUST_MARK = /"tallystick\/trusted-blocks"/;

/** A file, wherever it lies: read piece by piece. */
export interface Source {
  name: string;
  size: number;
  stream(): AsyncIterable<Bytes>;
}

export interface Found {
  source: string;
  receipt: Receipt | null;
  fault: ReceiptInvalid | null;
}

export interface Given {
  documents: Source[];
  receipts: Found[];
  trust: { name: string; data: Bytes; isIssuers: boolean }[];
  faults: { name: string; text: string }[];
  /** Evidence records (RFC 4998). */
  records: RecordFile[];
  /** Files of receipts, which a record may be about. */
  objects: Source[];
}

export interface Hashed {
  source: Source;
  digests: DocumentDigests;
}

export interface Pair {
  document: Source | null;
  digests: DocumentDigests | null;
  found: Found | null;
}

async function* piecesOf(blob: Blob): AsyncGenerator<Bytes> {
  for (let at = 0; at < blob.size; at += PIECE) yield new Uint8Array(await blob.slice(at, at + PIECE).arrayBuffer());
}

export async function collect(files: readonly File[]): Promise<Given> {
  const given: Given = { documents: [], receipts: [], trust: [], faults: [], records: [], objects: [] };
  for (const file of files) {
    const source: Source = { name: file.webkitRelativePath || file.name, size: file.size, stream: () => piecesOf(file) };
    try {
      const head = new Uint8Array(await file.slice(0, 4).arrayBuffer());
      if (hex(head) === "504b0304" && (await addBundle(given, file))) continue;
      if (hex(head) === "25504446" && (await addReport(given, source, file))) continue;
      await add(given, source, false);
    } catch (exc) {
      given.faults.push({ name: source.name, text: (exc as Error).message });
    }
  }
  return given;
}

/** A bundle: a zip with receipts.json. Any other zip is a document. */
async function addBundle(given: Given, file: File): Promise<boolean> {
  let entries;
  try {
    entries = await readZip(file);
  } catch (exc) {
    if (!/bundle/i.test(file.name)) return false;
    throw exc;
  }
  if (!entries.some((entry) => entry.name === "receipts.json")) return false;
  for (const entry of entries) {
    const source: Source = { name: entry.name, size: entry.size, stream: () => entry.stream() };
    if (entry.name.startsWith("documents/")) given.documents.push(source);
    else if (/^(receipts\.json|trust\.json|records\/.*\.er)$/.test(entry.name)) await add(given, source, true);
  }
  return true;
}

/** A report: a PDF with receipts in it. Any other PDF is a document. */
async function addReport(given: Given, source: Source, file: File): Promise<boolean> {
  const found: Found[] = [];
  for (const data of await embeddedFiles(file)) {
    const text = new TextDecoder().decode(data.subarray(0, PEEK));
    if (MARK.test(text)) found.push(...receiptsOf(source.name, data));
    else if (TRUST_MARK.test(text)) given.trust.push({ name: source.name, data, isIssuers: true });
  }
  given.receipts.push(...found);
  return found.length > 0;
}

async function add(given: Given, source: Source, isIssuers: boolean): Promise<void> {
  if (/\.er$/i.test(source.name)) {
    if (source.size > MAX_RECORD_BYTES) throw new Error(`${source.size} bytes, at most ${MAX_RECORD_BYTES} are read`);
    given.records.push({ name: source.name, data: await whole(source) });
    return;
  }
  const mayBe = /\.json$/i.test(source.name) || source.size <= PEEK;
  if (mayBe && source.size <= MAX_SMALL) {
    const data = await whole(source);
    const text = new TextDecoder().decode(data.length > PEEK ? concat(data.subarray(0, PEEK), data.subarray(-PEEK)) : data);
    if (TRUST_MARK.test(text)) {
      given.trust.push({ name: source.name, data, isIssuers });
      return;
    }
    if (/\.receipts?\.json$/i.test(source.name) || MARK.test(text)) {
      given.receipts.push(...receiptsOf(source.name, data));
      given.objects.push(source);
      return;
    }
  }
  given.documents.push(source);
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

/** The digests of a document, read piece by piece; `advance` is told how many bytes were read. */
export async function hashDocument(source: Source, names: Iterable<string>, advance: (size: number) => void): Promise<DocumentDigests> {
  const hashers = new Map([...names].map((name) => [name, HASHERS[name]()]));
  let size = 0;
  let shown = 0;
  for await (const piece of source.stream()) {
    for (const hasher of hashers.values()) hasher.update(piece);
    size += piece.length;
    if (size - shown >= PIECE || size === source.size) {
      advance(size - shown);
      shown = size;
      await new Promise((resolve) => setTimeout(resolve)); // the page stays usable
    }
  }
  return { size, digests: Object.fromEntries([...hashers].map(([name, hasher]) => [name, hasher.digest()])) };
}

/** Which digests the receipts ask for, and `others`. */
export function namesOf(receipts: readonly Found[], others: readonly string[]): Set<string> {
  return new Set(["sha256", ...others, ...receipts.flatMap((found) => (found.receipt ? neededDigests(found.receipt) : []))]);
}

/** Documents in their order, each with its receipt or none; then receipts whose document is missing. */
export function pair(documents: readonly Hashed[], receipts: readonly Found[]): Pair[] {
  if (documents.length === 1 && receipts.length === 1)
    return [{ document: documents[0].source, digests: documents[0].digests, found: receipts[0] }];
  const free = new Set(receipts);
  const byDigest = new Map<string, Found[]>();
  for (const found of receipts) {
    const digest = found.receipt?.opening.shown().get("sha256");
    if (typeof digest === "string") byDigest.set(digest, [...(byDigest.get(digest) ?? []), found]);
  }
  const chosen = new Map<Source, Found>();
  const choose = (document: Source, found: Found | undefined): void => {
    if (!found || chosen.has(document)) return;
    chosen.set(document, found);
    free.delete(found);
  };
  for (const { source, digests } of documents)
    choose(source, byDigest.get(hex(digests.digests.sha256))?.find((found) => free.has(found)));
  const left = documents.filter(({ source }) => !chosen.has(source));
  for (const { source } of left)
    choose(source, [...free].find((found) => found.source === `${source.name}.receipt.json`));
  for (const { source } of left)
    choose(source, [...free].find((found) => endsIn(source.name, found.receipt?.opening.shown().get("name"))));
  const pairs: Pair[] = documents.map(({ source, digests }) => ({ document: source, digests, found: chosen.get(source) ?? null }));
  return [...pairs, ...[...free].map((found) => ({ document: null, digests: null, found }))];
}

function endsIn(path: string, name: string | number | undefined): boolean {
  return typeof name === "string" && (path === name || path.endsWith(`/${name}`));
}

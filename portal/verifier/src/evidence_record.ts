// Evidence records (RFC 4998): the ASN.1 of a chain of archive time-stamps. As notary/records/evidence_record.py.
//
//     EvidenceRecord   ::= SEQUENCE { version 1, digestAlgorithms SEQUENCE OF AlgorithmIdentifier, cryptoInfos [0],
//                                     encryptionInfo [1], chains SEQUENCE OF SEQUENCE OF ArchiveTimeStamp }
//     ArchiveTimeStamp ::= SEQUENCE { digestAlgorithm [0], attributes [1],
//                                     reducedHashtree [2] SEQUENCE OF SEQUENCE OF OCTET STRING, timeStamp ContentInfo }

import { type Bytes, concat, digest, equal, hex } from "./bytes";
import { encode } from "./der";
import { EvidenceRecordInvalid } from "./errors";
import type { Lists } from "./hash_tree";
import { HASHES, MAX_TOKEN_BYTES } from "./tsp_read";

export const MAX_RECORD_BYTES = 16 * 1024 * 1024;
const MAX_CHAINS = 64;
const MAX_STAMPS = 256;
const MAX_LISTS = 64;
const MAX_VALUES = 100_000;
const MAX_ALGORITHMS = 64;
const SEQUENCE = 0x30;
const OCTETS_IN_PARTS = 0x24;

// Contents of object identifiers: all of them stand below 2.16.840.1.101.3.4.2
const NAMES = new Map(
  Object.entries(HASHES).map(([oid, name]) => [`6086480165030402${hex(Uint8Array.of(Number(oid.split(".").pop())))}`, name]),
);

/** One archive time-stamp, nothing in it verified yet; `hashName` null: its algorithm is absent or unknown. */
export interface ArchiveTimeStamp {
  token: Bytes;
  lists: Lists;
  algorithm: Bytes | null;
  attributes: Bytes | null;
  hashName: string | null;
}

export type Chain = readonly ArchiveTimeStamp[];

export interface EvidenceRecord {
  chains: readonly Chain[];
  hashNames: (string | null)[];
  isEncrypted: boolean;
}

interface Element {
  tag: number;
  content: Bytes;
  raw: Bytes;
}

/** Read a record in DER or BER. Raises EvidenceRecordInvalid. */
export function readRecord(data: Bytes): EvidenceRecord {
  if (data.length > MAX_RECORD_BYTES) throw invalid(`the record has ${data.length} bytes, at most ${MAX_RECORD_BYTES} are read`);
  const [top] = elements(data, "file", 1);
  const parts = elements(expect(top, SEQUENCE, "record"), "record", 5);
  const version = expect(next(parts, "version"), 0x02, "version");
  if (version.length !== 1 || version[0] !== 1)
    throw invalid(`version 0x${hex(version.subarray(0, 8))} of evidence records is unknown; version 1 is read`);
  const listed = expect(next(parts, "digestAlgorithms"), SEQUENCE, "digestAlgorithms");
  const algorithms = elements(listed, "digestAlgorithms", MAX_ALGORITHMS).map((item) => expect(item, SEQUENCE, "algorithm"));
  const hashNames = algorithms.map(nameOf);
  optional(parts, 0xa0);
  const encryption = optional(parts, 0xa1);
  const sequence = expect(next(parts, "archiveTimeStampSequence"), SEQUENCE, "archiveTimeStampSequence");
  if (parts.length) throw invalid(`the record goes on after its chains, with tag ${octet(parts[0].tag)}`);
  return { chains: readChains(sequence), hashNames, isEncrypted: encryption !== null };
}

/** What a time-stamp renewal after `stamp` stamps, under the chain's hash. */
export function timeStampValue(stamp: ArchiveTimeStamp, hashName: string): Bytes {
  return digest(hashName, stamp.token);
}

/** What a hash-tree renewal after `chains` stamps for the object whose new hash is `hashed`. */
export function treeValue(chains: readonly Chain[], hashed: Bytes, hashName: string): Bytes {
  const sequence = encode(SEQUENCE, ...chains.map((chain) => encode(SEQUENCE, ...chain.map(stampDer))));
  return digest(hashName, hashed, digest(hashName, sequence));
}

function stampDer(stamp: ArchiveTimeStamp): Bytes {
  const parts: Bytes[] = [];
  if (stamp.algorithm) parts.push(encode(0xa0, stamp.algorithm));
  if (stamp.attributes) parts.push(encode(0xa1, stamp.attributes));
  if (stamp.lists.length)
    parts.push(encode(0xa2, ...stamp.lists.map((level) => encode(SEQUENCE, ...level.map((value) => encode(0x04, value))))));
  return encode(SEQUENCE, ...parts, stamp.token);
}

// Reading

function readChains(sequence: Bytes): Chain[] {
  const chains: Chain[] = [];
  let stamps = 0;
  let values = 0;
  for (const item of elements(sequence, "archiveTimeStampSequence", MAX_CHAINS)) {
    const chain = elements(expect(item, SEQUENCE, "chain"), "chain", MAX_STAMPS).map((stamp) =>
      readStamp(expect(stamp, SEQUENCE, "archive time-stamp")),
    );
    stamps += chain.length;
    for (const stamp of chain) for (const level of stamp.lists) values += level.length;
    if (stamps > MAX_STAMPS || values > MAX_VALUES)
      throw invalid(`the record has ${stamps} time-stamps over ${values} values; ${MAX_STAMPS} and ${MAX_VALUES} are read`);
    chains.push(chain);
  }
  return chains;
}

function readStamp(content: Bytes): ArchiveTimeStamp {
  const parts = elements(content, "archive time-stamp", 4);
  const [algorithm, attributes, tree] = [0xa0, 0xa1, 0xa2].map((tag) => optional(parts, tag));
  const token = next(parts, "timeStamp");
  expect(token, SEQUENCE, "timeStamp");
  if (parts.length) throw invalid(`an archive time-stamp goes on after its token, with tag ${octet(parts[0].tag)}`);
  if (token.raw.length > MAX_TOKEN_BYTES)
    throw invalid(`a token has ${token.raw.length} bytes, at most ${MAX_TOKEN_BYTES} are read`);
  const hashName = algorithm && nameOf(algorithm);
  const levels = tree ? elements(tree, "reducedHashtree", MAX_LISTS) : [];
  const lists = levels.map((level) => elements(expect(level, SEQUENCE, "list"), "list of hash values", MAX_VALUES).map(octets));
  return { token: token.raw, lists, algorithm, attributes, hashName };
}

function octets(element: Element): Bytes {
  if (element.tag !== OCTETS_IN_PARTS) return expect(element, 0x04, "hash value");
  return concat(...elements(element.content, "hash value", 8).map((part) => expect(part, 0x04, "hash value")));
}

/** The hash that the content of an AlgorithmIdentifier names; its parameters are absent or NULL. */
function nameOf(algorithm: Bytes): string | null {
  const [named, parameters] = elements(algorithm, "algorithm", 2);
  const name = NAMES.get(hex(expect(named, 0x06, "algorithm"))) ?? null;
  if (name !== null && parameters && !equal(parameters.raw, Uint8Array.of(5, 0)))
    throw invalid(`the hash ${name} has parameters, ${parameters.raw.length} bytes of them`);
  return name;
}

/** The elements that `data` is made of, at least one and at most `most`. */
function elements(data: Bytes, what: string, most: number): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < data.length; ) {
    if (found.length === most) throw invalid(`the ${what} has more than ${most} parts`);
    const [start, stop] = content(data, at, what);
    const end = stop ?? markedEnd(data, start, what);
    found.push({ tag: data[at], content: data.subarray(start, stop ?? end - 2), raw: data.subarray(at, end) });
    at = end;
  }
  if (!found.length) throw invalid(`the ${what} is empty`);
  return found;
}

/** Where the content of the element at `at` begins and ends; null where its end is marked (BER). */
function content(data: Bytes, at: number, what: string): [number, number | null] {
  if (data.length < at + 2 || (data[at] & 0x1f) === 0x1f) throw invalid(`the ${what} is not ASN.1 at byte ${at} of ${data.length}`);
  let length = data[at + 1];
  let start = at + 2;
  if (length === 0x80 && data[at] & 0x20) return [start, null];
  if (length >= 0x80) {
    const count = length & 0x7f;
    if (count < 1 || count > 4 || data.length < start + count)
      throw invalid(`the ${what} has a length at byte ${at} that none of its kind has`);
    length = 0;
    for (let left = count; left; left--) length = length * 256 + data[start++];
  }
  if (length > data.length - start)
    throw invalid(`the ${what} is cut off: ${length} bytes are due at ${at}, ${data.length - start} there`);
  return [start, start + length];
}

/** Where the element ends whose content begins at `at` and whose end is marked, marks within it passed over. */
function markedEnd(data: Bytes, at: number, what: string): number {
  for (let open = 1; open; ) {
    if (data[at] === 0 && data[at + 1] === 0) {
      open -= 1;
      at += 2;
      continue;
    }
    const [start, stop] = content(data, at, what);
    if (stop === null) open += 1;
    at = stop ?? start;
  }
  return at;
}

function expect(element: Element, tag: number, what: string): Bytes {
  if (element.tag !== tag) throw invalid(`the ${what} has tag ${octet(element.tag)} instead of ${octet(tag)}`);
  return element.content;
}

function next(parts: Element[], what: string): Element {
  const part = parts.shift();
  if (!part) throw invalid(`the ${what} is missing`);
  return part;
}

function optional(parts: Element[], tag: number): Bytes | null {
  return parts[0]?.tag === tag ? next(parts, "").content : null;
}

function octet(tag: number): string {
  return `0x${tag.toString(16).padStart(2, "0")}`;
}

function invalid(detail: string): EvidenceRecordInvalid {
  return new EvidenceRecordInvalid(detail);
}

// Evidence records among what was given, and which document each is about.
//
//     content  the document's hash is in the record's first list, or is what its only token stamps
//     sidecar  NAME and NAME.er
//     alone    one document and one record: they are compared whatever they are

import { type Bytes, equal } from "./bytes";
import { EvidenceRecordInvalid, TokenInvalid } from "./errors";
import { RecordValidator } from "./evidence_check";
import { type EvidenceRecord, readRecord } from "./evidence_record";
import type { RecordVerdict } from "./evidence_verdict";
import type { Hashed } from "./pairing";
import { holds } from "./hash_tree";
import type { Trust } from "./trust";
import { type Token, readToken } from "./tsp";

export interface RecordFile {
  name: string;
  data: Bytes;
}

/** `about`: the documents that it was judged with. */
export interface RecordResult {
  name: string;
  about: Hashed[];
  verdict: RecordVerdict;
}

/** The hashes that the records need of their documents. */
export function recordHashes(files: readonly RecordFile[]): string[] {
  return files.flatMap(({ data }) => tried(data)?.hashNames ?? []).filter((name) => name !== null);
}

/**
 * The verdict on each record with its documents.
 *
 * documents  with the digests that `recordHashes` names
 * objects    what a record may be about besides: files of receipts; null: these are the records and documents of a bundle,
 *            so a record is about what it holds, and names say nothing
 * at         Unix seconds, now
 */
export function judgeRecords(
  files: readonly RecordFile[], documents: readonly Hashed[], objects: readonly Hashed[] | null, trust: Trust, at: number,
): RecordResult[] {
  const validator = new RecordValidator(trust.authorities, at);
  const all = [...documents, ...(objects ?? [])];
  return files.map(({ name, data }) => {
    const record = tried(data);
    let about = record ? all.filter((one) => isObject(record, one)) : [];
    about = about.filter((one, at) => about.findIndex((other) => equal(other.digests.digests.sha256, one.digests.digests.sha256)) === at);
    if (objects && !about.length) about = all.filter((one) => `${one.name}.er` === name).slice(0, 1);
    if (objects && !about.length && files.length === 1 && documents.length === 1) about = [documents[0]];
    const verdict = validator.validate(data, about.map((one) => one.digests.digests));
    return { name, about, verdict };
  });
}

function isObject(record: EvidenceRecord, one: Hashed): boolean {
  const [first] = record.chains[0];
  const token = first.hashName === null || !first.lists.length ? triedToken(first.token) : null;
  const digest = one.digests.digests[first.hashName ?? token?.hashName ?? ""];
  if (digest === undefined) return false;
  return first.lists.length ? holds(first.lists[0], digest) : token !== null && equal(digest, token.imprint);
}

function tried(data: Bytes): EvidenceRecord | null {
  try {
    return readRecord(data);
  } catch (exc) {
    if (exc instanceof EvidenceRecordInvalid) return null;
    throw exc;
  }
}

function triedToken(data: Bytes): Token | null {
  try {
    return readToken(data);
  } catch (exc) {
    if (exc instanceof TokenInvalid) return null;
    throw exc;
  }
}

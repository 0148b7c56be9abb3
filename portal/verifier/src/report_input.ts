// What a report says it was made of. As notary/report/inputs.py.

import { type Bytes, characters, unhex } from "./bytes";
import { ReportInvalid } from "./errors";
import { LOCALES } from "./said";
import { Reader } from "./reading";

const MAX_BYTES = 64 * 1024 * 1024;
const MAX_SIDES = 8;
const MAX_RECEIPTS = 25_000;
const MAX_RECORDS = 10_000;
const MAX_TEXT = 1000;
const MAX_OFFSET = 18 * 60;
const LATEST = 253_402_214_400;
const FORUMS = ["cn", "eu", "us", "in", "hk", "sg", "arbitration"];
const STATED = [
  "format", "version", "case", "chains", "edition", "forums", "languages", "made_at", "page_digest", "parties", "prepared_by",
  "program", "program_digest", "sides", "unshown", "utc_offset_minutes",
];

/** What one side puts forward. `bundleDigest`: of the bundle's contents list; null: there is no bundle. */
export interface Side {
  receipts: Bytes;
  bundleDigest: Bytes | null;
}

/** receipts.json, receipts-2.json, ... of the sides that there are. */
export function receiptNames(files: ReadonlyMap<string, Bytes>): string[] {
  const names = Array.from({ length: MAX_SIDES }, (_, place) => sideName("receipts", place));
  return names.filter((name) => files.has(name));
}

function sideName(what: string, place: number): string {
  return place === 0 ? `${what}.json` : `${what}-${place + 1}.json`;
}

/** The sides that `files` give. Raises ReportInvalid, also for a file that the others do not speak of. */
export function readInput(files: ReadonlyMap<string, Bytes>): Side[] {
  const stated = files.get("report.json");
  if (!stated) throw new ReportInvalid("the report carries no report.json, which says how it was made");
  const top = Reader.open(stated, MAX_BYTES, "report.json", ReportInvalid);
  if (top.get("format") !== "tallystick/report" || top.get("version") !== 1)
    throw new ReportInvalid("report.json is not of the format tallystick/report, version 1");
  top.only(STATED);
  const used = new Set(["report.json"]);
  const take = (name: string): Bytes => {
    const data = files.get(name);
    if (!data) throw new ReportInvalid(`the report does not carry ${name}`);
    used.add(name);
    return data;
  };
  let number = 0;
  let place = 0;
  const sides = top.each("sides", MAX_SIDES, (item): Side => {
    item.only(["label", "bundle_digest", "documents", "records"]);
    item.each("records", MAX_RECORDS, (record) => {
      record.only(["of", "digests"]);
      number += 1;
      readDigests(record.object("digests"));
      record.text("of", 4096);
      take(`record-${number}.er`);
    });
    const trust = sideName("trust", place);
    if (files.has(trust)) used.add(trust);
    const receipts = take(sideName("receipts", place++));
    item.text("label", MAX_TEXT);
    for (const document of item.items("documents", MAX_RECEIPTS)) {
      if (document === null) continue;
      const reader = new Reader(document, "report.json's document", ReportInvalid);
      reader.only(["size", "digests"]);
      reader.integer("size");
      readDigests(reader.object("digests"));
    }
    return { receipts, bundleDigest: readHash(item, "bundle_digest") };
  });
  const unnamed = [...files.keys()].find((name) => !used.has(name));
  if (unnamed !== undefined) throw new ReportInvalid(`report.json says nothing of ${unnamed.slice(0, 100)}`);
  if (!sides.length) throw new ReportInvalid(`a report has 1 to ${MAX_SIDES} sides, not 0`);
  readRest(top);
  return sides;
}

function readRest(top: Reader): void {
  top.integer("utc_offset_minutes", -MAX_OFFSET, MAX_OFFSET);
  top.integer("made_at", 0, LATEST);
  readNames(top, "languages", LOCALES, 1);
  readNames(top, "forums", FORUMS, 0);
  for (const name of ["case", "prepared_by", "program"]) top.text(name, MAX_TEXT);
  top.text("edition", 64);
  for (const name of ["program_digest", "page_digest"]) readHash(top, name);
  top.each("parties", 100, (party) => {
    for (const name of ["name", "role"]) party.text(name, MAX_TEXT);
  });
  top.each("chains", 1000, (chain) => {
    chain.only(["chain_id", "name", "explorer", "finality"]);
    chain.integer("chain_id", 1);
    for (const name of ["name", "explorer", "finality"]) chain.text(name, MAX_TEXT);
  });
  for (const item of top.items("unshown", 100_000))
    if (typeof item !== "number" || item < 0 || item > 0x10ffff) throw top.refuse("unshown", "is not a list of code points");
}

function readNames(top: Reader, name: string, known: readonly string[], least: number): void {
  const items = top.items(name, known.length);
  const isKnown = items.every((item) => typeof item === "string" && known.includes(item));
  if (!isKnown || items.length < least || new Set(items).size !== items.length)
    throw top.refuse(name, `are of ${known.join(", ")}, each once`);
}

function readHash(item: Reader, name: string): Bytes | null {
  return item.get(name) === null ? null : item.hex(name, 32);
}

function readDigests(digests: Reader): void {
  if (digests.value.size > 16 || [...digests.value.keys()].some((name) => characters(name) > 32))
    throw new ReportInvalid("a document has at most 16 digests, with names of at most 32 characters");
  for (const name of digests.value.keys())
    if (unhex(digests.text(name, 128).toLowerCase().replace(/\s/g, "")) === null) throw digests.refuse(name, "is not in hexadecimal");
}

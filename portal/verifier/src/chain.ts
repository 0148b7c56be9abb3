// Custody entries: per case a chain that says what happened to the evidence, each with its predecessor's hash.

import { type Bytes, hex, sha256, utf8 } from "./bytes";
import { MAX_TEXT_BYTES } from "./claim";
import { LogEntryInvalid } from "./errors";
import { dumps, object } from "./jcs";
import { tag } from "./merkle";
import type { Reader } from "./reading";

const TAG = tag("tallystick/custody/v1");
const ACTIONS = ["collected", "sealed", "transferred", "accessed", "exported", "superseded", "revoked", "erased"];

export interface CustodyEntry {
  case: Bytes;
  seq: number;
  previous: Bytes | null;
  action: string;
  subject: Bytes;
  at: number;
  by: string;
  salt: Bytes;
  about: string;
}

/** From the JSON object of a receipt. Raises the reader's error, LogEntryInvalid. */
export function readCustodyEntry(entry: Reader): CustodyEntry {
  entry.only(["about", "action", "at", "by", "case", "prev", "salt", "seq", "subject"]);
  const action = entry.text("action", 32);
  if (!ACTIONS.includes(action)) throw entry.refuse("action", "is not one that this program knows");
  const read: CustodyEntry = {
    case: entry.hex("case", 32),
    seq: entry.integer("seq"),
    previous: entry.get("prev") === null ? null : entry.hex("prev", 32),
    action,
    subject: entry.hex("subject", 32),
    at: entry.integer("at"),
    by: entry.text("by", MAX_TEXT_BYTES),
    salt: entry.hex("salt", 32),
    about: entry.get("about") === null ? "" : entry.text("about", MAX_TEXT_BYTES),
  };
  if ((read.seq === 0) !== (read.previous === null))
    throw new LogEntryInvalid("the first custody entry of a case, and only that one, has no predecessor");
  if (!read.by || utf8(read.by).length > MAX_TEXT_BYTES)
    throw new LogEntryInvalid(`a custody entry says in 1 to ${MAX_TEXT_BYTES} bytes who acted`);
  if (utf8(read.about).length > MAX_TEXT_BYTES)
    throw new LogEntryInvalid(`what a custody entry is about has at most ${MAX_TEXT_BYTES} bytes`);
  return read;
}

/** The 32-byte hash of an entry; the next one carries it. */
export function entryHash(entry: CustodyEntry): Bytes {
  const json = object({
    about: entry.about || null,
    action: entry.action,
    at: entry.at,
    by: entry.by,
    case: hex(entry.case),
    prev: entry.previous && hex(entry.previous),
    salt: hex(entry.salt),
    seq: entry.seq,
    subject: hex(entry.subject),
  });
  return sha256(TAG, dumps(json));
}

// Case heads: the leaf that ends every batch and says, for each case, how much was sealed and what became of it.
//
//     map entry   JCS({"case": hex, "count": int, "custody": int, "ended": {"n": int, "r": hex}, "head": hex})
//     heads leaf  JCS({"n": cases, "p": index of the previous heads leaf or null, "r": hex of map root,
//                      "s": hex of the digest of the batch's custody statement and its signatures, "t": "heads"})

import { type Bytes, equal, fromHex, hex } from "./bytes";
import { LogEntryInvalid } from "./errors";
import { type Json, dumps, loads, object } from "./jcs";

const HEX = /^[0-9a-f]{64}$/;
export const MAX_ENTRY_BYTES = 512;

/** One case's entry in the map. */
export interface CaseHead {
  case: Bytes;
  count: number;
  head: Bytes;
  custody: number;
  ended: number;
  endedRoot: Bytes;
}

export function caseHeadBytes(head: CaseHead): Bytes {
  return dumps(
    object({
      case: hex(head.case),
      count: head.count,
      custody: head.custody,
      ended: object({ n: head.ended, r: hex(head.endedRoot) }),
      head: hex(head.head),
    }),
  );
}

/** The log entry that commits to a map of case heads. */
export interface HeadsLeaf {
  mapRoot: Bytes;
  cases: number;
  previous: number | null;
  batch: Bytes;
}

export function leafBytes(leaf: HeadsLeaf): Bytes {
  return dumps(object({ t: "heads", r: hex(leaf.mapRoot), n: leaf.cases, p: leaf.previous, s: hex(leaf.batch) }));
}

/** Raises LogEntryInvalid or JsonInvalid unless the bytes are exactly those that `leafBytes` gives. */
export function readLeaf(entry: Bytes): HeadsLeaf {
  const value = loads(entry, MAX_ENTRY_BYTES, "heads leaf");
  if (!(value instanceof Map) || [...value.keys()].sort().join() !== "n,p,r,s,t" || value.get("t") !== "heads")
    throw new LogEntryInvalid("the entry is not a heads leaf");
  const [mapRoot, cases, previous, batch] = ["r", "n", "p", "s"].map((name) => value.get(name) as Json);
  if (!isHash(mapRoot) || !isNatural(cases))
    throw new LogEntryInvalid("the heads leaf has no map root or no number of cases");
  if (previous !== null && !isNatural(previous))
    throw new LogEntryInvalid("the heads leaf names no index of its predecessor");
  if (!isHash(batch)) throw new LogEntryInvalid("the heads leaf has no digest of its batch");
  const leaf: HeadsLeaf = { mapRoot: fromHex(mapRoot), cases, previous, batch: fromHex(batch) };
  if (!equal(leafBytes(leaf), entry)) throw new LogEntryInvalid("the heads leaf is not in canonical form");
  return leaf;
}

function isHash(value: Json): value is string {
  return typeof value === "string" && HEX.test(value);
}

function isNatural(value: Json): value is number {
  return typeof value === "number" && value >= 0;
}

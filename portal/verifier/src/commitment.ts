// The commitment to a claim, and its opening, in which each field can be shown or hidden on its own.
//
//     field hash   = SHA-256("tallystick/field/v1" 00 field-salt JCS({"name": name, "value": value}))
//     fields root  = RFC 9162 root over the field hashes as entries, in the claim's fixed order
//     commitment   = SHA-256("tallystick/commitment/v1" 00 claim-salt fields-root)
//     log entry    = JCS({"c": hex of commitment, "t": "claim"})

import { type Bytes, hex, sha256, utf8 } from "./bytes";
import { FIELDS, type Value, checkName, checkOrder, checkValue } from "./claim";
import { ClaimInvalid } from "./errors";
import { dumps, object } from "./jcs";
import { leafHash, root, tag } from "./merkle";

export const SALT_SIZE = 32;
export const MAX_FIELDS = FIELDS.size;
const FIELD = tag("tallystick/field/v1");
const COMMITMENT = tag("tallystick/commitment/v1");

export type Entry = { name: string; value: Value; salt: Bytes } | { hash: Bytes };

/** What a receipt shows of a claim: the claim's salt, and its fields in order, each shown or hidden. */
export class Opening {
  constructor(
    readonly salt: Bytes,
    readonly entries: readonly Entry[],
  ) {}

  shown(): Map<string, Value> {
    const found = new Map<string, Value>();
    for (const entry of this.entries) if ("name" in entry) found.set(entry.name, entry.value);
    return found;
  }

  hiddenCount(): number {
    return this.entries.filter((entry) => "hash" in entry).length;
  }

  /** Check the shown fields against the claim's rules (form, order, name). Raises ClaimInvalid. */
  check(): void {
    if (!this.entries.length || this.entries.length > MAX_FIELDS)
      throw new ClaimInvalid(`a claim has 1 to ${MAX_FIELDS} fields, not ${this.entries.length}`);
    for (const entry of this.entries) if ("name" in entry) checkValue(entry.name, entry.value);
    checkOrder(this.entries.map((entry) => ("name" in entry ? entry.name : null)));
    checkName(this.shown());
  }

  /** The 32 bytes that these fields and salts lead to. Raises JsonInvalid for values that JCS forbids. */
  commitment(): Bytes {
    return sha256(COMMITMENT, this.salt, root(this.entries.map((entry) => leafHash(entryHash(entry)))));
  }
}

function entryHash(entry: Entry): Bytes {
  return "hash" in entry ? entry.hash : sha256(FIELD, entry.salt, dumps(object({ name: entry.name, value: entry.value })));
}

/** The bytes of the log entry for a claim. */
export function claimEntry(commitment: Bytes): Bytes {
  return utf8(`{"c":"${hex(commitment)}","t":"claim"}`);
}

// A claim: the named fields that say what one piece of evidence is, in one fixed order.

import { cut, fromHex, fromUtf8, repr, utf8 } from "./bytes";
import { ClaimInvalid } from "./errors";
import { MAX_INT } from "./jcs";

export type Value = string | number;

export const MAX_TEXT_BYTES = 4096;
const MAX_NAME_BYTES = 4096;

/** Digest fields in their order, with the digest's bytes. */
export const DIGEST_SIZES: Readonly<Record<string, number>> = {
  sha256: 32,
  sha512: 64,
  sha3_256: 32,
  sha3_512: 64,
  sm3: 32,
};

/** The form of a field's text: what matches, and how Python writes the pattern in a refusal. */
interface Form {
  matches(value: string): boolean;
  pattern: string;
}

function form(pattern: string): Form {
  const whole = new RegExp(`^(?:${pattern})$`);
  return { matches: (value) => whole.test(value), pattern };
}

const TEXT: Form = { matches: (value) => value !== "" && !value.includes("\0"), pattern: "[^\\x00]+" };
const HASH = form("[0-9a-f]{64}");
const BLOCK = form("[1-9][0-9]{0,15}:(?:0|[1-9][0-9]{0,15}):0x[0-9a-f]{64}");
const NAME_BYTES = form(`(?:[0-9a-f]{2}){1,${MAX_NAME_BYTES}}`);
const COUNT = null;

/** Every field in its fixed order; null: an integer from 0. */
export const FIELDS: ReadonlyMap<string, Form | null> = new Map<string, Form | null>([
  ["case", TEXT],
  ["case_blinded", HASH],
  ["exhibit", TEXT],
  ["kind", TEXT],
  ["name", TEXT],
  ["name_bytes", NAME_BYTES],
  ["media_type", TEXT],
  ["size", COUNT],
  ...Object.entries(DIGEST_SIZES).map(([name, size]): [string, Form] => [name, form(`[0-9a-f]{${2 * size}}`)]),
  ["captured_at", COUNT],
  ["captured_by", TEXT],
  ["source", TEXT],
  ["tool", TEXT],
  ["continues", HASH],
  ["not_before_block", BLOCK],
  ["custody", HASH],
]);

const ORDER: ReadonlyMap<string, number> = new Map([...FIELDS.keys()].map((name, place) => [name, place]));

/** Check that `name` is a field and `value` has its form. Raises ClaimInvalid. */
export function checkValue(name: string, value: Value): void {
  const shape = FIELDS.get(name);
  if (shape === undefined) throw new ClaimInvalid(`${repr(cut(name, 40))} is not a field of a claim`);
  if (shape === COUNT) {
    if (typeof value !== "number" || value < 0)
      throw new ClaimInvalid(`the field ${name} must be an integer from 0 to ${MAX_INT}`);
    return;
  }
  if (typeof value !== "string" || !shape.matches(value))
    throw new ClaimInvalid(`the field ${name} does not have the form ${cut(shape.pattern, 40)}`);
  if (shape === TEXT) {
    const length = utf8(value).length;
    if (length > MAX_TEXT_BYTES)
      throw new ClaimInvalid(`the field ${name} has ${length} bytes, at most ${MAX_TEXT_BYTES} are allowed`);
  }
}

/** Check that shown fields stand in the fixed order, once each, and that hidden ones (null) fit between them. */
export function checkOrder(names: Iterable<string | null>): void {
  let nextPlace = 0;
  for (const name of names) {
    const place = name === null ? nextPlace : (ORDER.get(name) as number);
    if (place < nextPlace || place >= ORDER.size)
      throw new ClaimInvalid(`the field ${name || "(hidden)"} stands where the fixed order has no place for it`);
    nextPlace = place + 1;
  }
}

/** Check that `name` is what `name_bytes`, where present, is shown as. Raises ClaimInvalid. */
export function checkName(values: ReadonlyMap<string, Value>): void {
  const raw = values.get("name_bytes");
  const name = values.get("name");
  if (raw === undefined || name === undefined) return;
  const [shown, bytes] = nameFields(String(raw));
  if (name !== shown || raw !== bytes) throw new ClaimInvalid("the fields name and name_bytes do not say the same name");
}

/** How a file's name on disk, given in hexadecimal, is written in a claim: [name, name_bytes]. */
function nameFields(raw: string): [string, string | null] {
  const onDisk = fromHex(raw);
  if (!onDisk.length || onDisk.length > MAX_NAME_BYTES || onDisk.includes(0))
    throw new ClaimInvalid(`a file name has 1 to ${MAX_NAME_BYTES} bytes, none of them zero; this one has ${onDisk.length}`);
  let shown = "";
  let rest = onDisk;
  for (;;) {
    const decoded = fromUtf8(rest);
    if (typeof decoded === "string") {
      shown += decoded;
      return [shown, rest === onDisk ? null : raw];
    }
    // The bytes of a broken sequence are shown one by one.
    shown += fromUtf8(rest.subarray(0, decoded)) as string;
    shown += "%" + rest[decoded].toString(16).toUpperCase().padStart(2, "0");
    rest = rest.subarray(decoded + 1);
  }
}


// Ethereum's RLP, canonical form only, bounded: enough to read headers, receipts and trie nodes.

import { type Bytes, concat, fromHex, toBigInt } from "./bytes";
import { RlpInvalid } from "./errors";

export type Item = Bytes | Item[];
const MAX_DEPTH = 8;

/** The one item that `data` encodes, which is a list. Raises RlpInvalid. Source: Yellow Paper, appendix B. */
export function decodeList(data: Bytes): Item[] {
  const [item, end] = readItem(data, 0, data.length, 0);
  if (end !== data.length) throw new RlpInvalid(`${data.length - end} bytes are left over after the RLP item`);
  if (!Array.isArray(item)) throw new RlpInvalid("the RLP item is a byte string where a list belongs");
  return item;
}

function readItem(data: Bytes, start: number, limit: number, depth: number): [Item, number] {
  if (start >= limit) throw new RlpInvalid(`RLP is cut off at byte ${start}`);
  const first = data[start];
  if (first < 0x80) return [data.slice(start, start + 1), start + 1];
  const isList = first >= 0xc0;
  const [begin, length] = span(data, start, limit, first - (isList ? 0xc0 : 0x80));
  const end = begin + length;
  if (end > limit)
    throw new RlpInvalid(`the RLP item at byte ${start} says ${lengthText(data, start, first, length)} bytes, ${limit - begin} are there`);
  if (!isList) {
    if (length === 1 && data[begin] < 0x80) throw new RlpInvalid(`the single byte at ${begin} has a length before it`);
    return [data.slice(begin, end), end];
  }
  if (depth === MAX_DEPTH) throw new RlpInvalid(`RLP is nested deeper than ${MAX_DEPTH}`);
  const items: Item[] = [];
  let at = begin;
  while (at < end) {
    const [item, next] = readItem(data, at, end, depth + 1);
    items.push(item);
    at = next;
  }
  return [items, end];
}

/** Lengths of more than 53 bits are beyond JavaScript's exact numbers; they are only ever told. */
function lengthText(data: Bytes, start: number, first: number, length: number): string {
  if (Number.isSafeInteger(length)) return String(length);
  const octets = first - (first >= 0xc0 ? 0xf7 : 0xb7);
  return toBigInt(data.slice(start + 1, start + 1 + octets)).toString();
}

function span(data: Bytes, start: number, limit: number, code: number): [number, number] {
  if (code <= 55) return [start + 1, code];
  const begin = start + 1 + code - 55;
  if (begin > limit) throw new RlpInvalid(`RLP is cut off within the length at byte ${start}`);
  const length = Number(toBigInt(data.slice(start + 1, begin)));
  if (data[start + 1] === 0 || length <= 55)
    throw new RlpInvalid(`the length at byte ${start} could be written shorter`);
  return [begin, length];
}

/** The one encoding of `item`. */
export function encode(item: Item): Bytes {
  if (!Array.isArray(item)) return item.length === 1 && item[0] < 0x80 ? item : concat(prefix(item.length, 0x80), item);
  const content = concat(...item.map(encode));
  return concat(prefix(content.length, 0xc0), content);
}

function prefix(length: number, base: number): Bytes {
  if (length <= 55) return Uint8Array.of(base + length);
  const size = minimal(length);
  return concat(Uint8Array.of(base + 55 + size.length), size);
}

function minimal(number: number): Bytes {
  const digits = number ? number.toString(16) : "";
  return fromHex(digits.length % 2 ? "0" + digits : digits);
}

export function encodeInt(number: number): Bytes {
  return encode(minimal(number));
}

export function toInt(item: Item, what: string): bigint {
  if (Array.isArray(item) || item.length > 8 || (item.length && item[0] === 0))
    throw new RlpInvalid(`the ${what} is not an integer of at most 8 bytes without leading zeros`);
  return toBigInt(item);
}

export function toBytes(item: Item, size: number, what: string): Bytes {
  if (Array.isArray(item) || item.length !== size) throw new RlpInvalid(`the ${what} does not have ${size} bytes`);
  return item;
}

export function toList(item: Item, what: string): Item[] {
  if (!Array.isArray(item)) throw new RlpInvalid(`the ${what} is not a list`);
  return item;
}

// BER brought to definite lengths, so that what reads a time-stamp token meets one encoding only. As tsp_ber.py.

import { type Bytes, concat, equal } from "./bytes";
import { DerError, encode } from "./der";

const MAX_DEPTH = 40;
const CONSTRUCTED = 0x20;
const OCTET_STRING = 0x04;
const inPieces = (tag: number): boolean => tag === OCTET_STRING || tag === 0x0c || (tag >= 0x12 && tag <= 0x1e);

interface Header {
  identifier: Bytes;
  content: number;
  length: number | null;
}

/** The one element that `data` is, with definite lengths and whole strings. Raises DerError. */
export function definite(data: Bytes): Bytes {
  const [out, end] = rewrite(data, 0, data.length, 0);
  if (end !== data.length) throw new DerError(`${data.length - end} bytes follow the ${end} that belong there`);
  return out;
}

/** The elements inside the one that `data` is, as they came. Raises DerError. */
export function children(data: Bytes): Bytes[] {
  const { identifier, content, length } = header(data, 0, data.length);
  if (!(identifier[0] & CONSTRUCTED)) throw new DerError("an element has no parts");
  const end = length === null ? data.length : content + length;
  const found: Bytes[] = [];
  let at = content;
  while (at < end) {
    if (length === null && data[at] === 0 && data[at + 1] === 0) {
      at += 2;
      break;
    }
    const [, after] = rewrite(data, at, end, 1);
    found.push(data.subarray(at, after));
    at = after;
  }
  if (at !== data.length) throw new DerError(`${data.length - at} bytes follow the ${at} that belong there`);
  return found;
}

function header(data: Bytes, start: number, end: number): Header {
  let at = start + 1;
  if (at < end && (data[start] & 0x1f) === 0x1f) {
    while (at < end && data[at] & 0x80) at += 1;
    at += 1;
  }
  if (at >= end) throw new DerError(`it is cut off after ${end} bytes`);
  const identifier = data.subarray(start, at);
  const first = data[at++];
  if (first === 0x80) return { identifier, content: at, length: null };
  let length = first;
  if (first & 0x80) {
    const octets = first & 0x7f;
    if (at + octets > end) throw new DerError(`it is cut off after ${end} bytes`);
    length = 0;
    for (let left = octets; left; left--) length = length * 256 + data[at++];
  }
  if (at + length > end) throw new DerError(`an element at byte ${start} needs ${length} bytes, ${end - at} are there`);
  return { identifier, content: at, length };
}

function rewrite(data: Bytes, start: number, end: number, depth: number): [Bytes, number] {
  if (depth > MAX_DEPTH) throw new DerError(`its elements nest more than ${MAX_DEPTH} deep`);
  const { identifier, content, length } = header(data, start, end);
  if (!(identifier[0] & CONSTRUCTED)) {
    if (length === null) throw new DerError(`the element at byte ${start} has no length and no parts`);
    return [data.subarray(start, content + length), content + length];
  }
  const innerEnd = length === null ? end : content + length;
  const parts: Bytes[] = [];
  let at = content;
  let isClosed = length !== null;
  while (at < innerEnd) {
    if (length === null && data[at] === 0 && data[at + 1] === 0 && at + 1 < data.length) {
      at += 2;
      isClosed = true;
      break;
    }
    const [part, after] = rewrite(data, at, innerEnd, depth + 1);
    parts.push(part);
    at = after;
  }
  if (!isClosed) throw new DerError(`the element at byte ${start} does not end`);
  const primitive = identifier[0] ^ CONSTRUCTED;
  if (identifier.length === 1 && inPieces(primitive)) return [encode(primitive, ...parts.map((part) => piece(part, primitive))), at];
  const whole = concat(...parts);
  if (length !== null && equal(whole, data.subarray(content, innerEnd))) return [data.subarray(start, at), at];
  return [reencode(identifier, whole), at];
}

function reencode(identifier: Bytes, content: Bytes): Bytes {
  return concat(identifier, encode(0, content).subarray(1));
}

function piece(part: Bytes, kind: number): Bytes {
  if (part[0] !== kind && part[0] !== OCTET_STRING) throw new DerError(`a string of kind ${kind} has a piece of kind ${part[0]}`);
  return part.subarray(header(part, 0, part.length).content);
}

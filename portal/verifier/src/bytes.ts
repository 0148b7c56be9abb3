// Bytes, text and numbers as the Python program has them, so that the same input gives the same words.

import type { CHash } from "@noble/hashes/utils.js";
import { ripemd160, sha1 } from "@noble/hashes/legacy.js";
import { sha256 as _sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import { keccak_256, sha3_256, sha3_384, sha3_512 } from "@noble/hashes/sha3.js";

export type Bytes = Uint8Array;

export const EMPTY: Bytes = new Uint8Array(0);
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const encoder = new TextEncoder();

export function hex(bytes: Bytes): string {
  let text = "";
  for (const byte of bytes) text += HEX[byte];
  return text;
}

/** Bytes in lower-case hexadecimal; null for anything else. */
export function unhex(text: string): Bytes | null {
  if (text.length % 2 || !/^[0-9a-f]*$/.test(text)) return null;
  return Uint8Array.from({ length: text.length / 2 }, (_, at) => parseInt(text.slice(2 * at, 2 * at + 2), 16));
}

/** As `unhex`, of text that is known to be hexadecimal. */
export function fromHex(text: string): Bytes {
  return unhex(text.toLowerCase()) as Bytes;
}

export function base64(bytes: Bytes): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const group = (bytes[at] << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    const there = bytes.length - at;
    text += ALPHABET[group >> 18] + ALPHABET[(group >> 12) & 63];
    text += (there > 1 ? ALPHABET[(group >> 6) & 63] : "=") + (there > 2 ? ALPHABET[group & 63] : "=");
  }
  return text;
}

/** Standard base64 with padding, one encoding only; null for anything else. */
export function unbase64(text: string): Bytes | null {
  if (text.length % 4 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const out = new Uint8Array((text.length / 4) * 3 - padding);
  for (let at = 0, to = 0; at < text.length; at += 4) {
    let group = 0;
    for (let digit = 0; digit < 4; digit++) group = group * 64 + Math.max(0, ALPHABET.indexOf(text[at + digit]));
    for (const shift of [16, 8, 0]) if (to < out.length) out[to++] = (group >> shift) & 255;
  }
  return base64(out) === text ? out : null;
}

export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

/** Text of bytes that are UTF-8; raises the offset of the first that is not, as Python's decoder names it. */
export function fromUtf8(bytes: Bytes): string | number {
  const at = notUtf8(bytes);
  return at >= 0 ? at : new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

function notUtf8(bytes: Bytes): number {
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at];
    if (first < 0x80) {
      at += 1;
      continue;
    }
    const size = first >= 0xc2 && first <= 0xdf ? 2 : first >= 0xe0 && first <= 0xef ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0;
    if (!size || at + size > bytes.length) return at;
    const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
    const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
    if (bytes[at + 1] < low || bytes[at + 1] > high) return at;
    for (let next = at + 2; next < at + size; next++) if (bytes[next] >> 6 !== 2) return at;
    at += size;
  }
  return -1;
}

export function concat(...parts: readonly Bytes[]): Bytes {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export function equal(one: Bytes, other: Bytes): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

/** Below, at or above 0, as byte strings are ordered. */
export function compare(one: Bytes, other: Bytes): number {
  const shared = Math.min(one.length, other.length);
  for (let at = 0; at < shared; at++) if (one[at] !== other[at]) return one[at] - other[at];
  return one.length - other.length;
}

export function reversed(bytes: Bytes): Bytes {
  return Uint8Array.from(bytes).reverse();
}

export function toBigInt(bytes: Bytes): bigint {
  return bytes.length ? BigInt("0x" + hex(bytes)) : 0n;
}

/** Big-endian, `size` bytes. */
export function bigEndian(number: number | bigint, size: number): Bytes {
  return fromHex(BigInt(number).toString(16).padStart(2 * size, "0"));
}

export const HASHES: Readonly<Record<string, CHash>> = {
  sha256: _sha256,
  sha384,
  sha512,
  sha3_256,
  sha3_384,
  sha3_512,
  sha1,
  ripemd160,
};

export function sha256(...parts: readonly Bytes[]): Bytes {
  return _sha256(parts.length === 1 ? parts[0] : concat(...parts));
}

export function keccak256(bytes: Bytes): Bytes {
  return keccak_256(bytes);
}

/** A digest by Python's name of the hash. */
export function digest(name: string, ...parts: readonly Bytes[]): Bytes {
  return HASHES[name](concat(...parts));
}

// Text

/** How many characters Python counts: code points. */
export function characters(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** The first `most` characters. */
export function cut(text: string, most: number): string {
  return text.length <= most ? text : Array.from(text).slice(0, most).join("");
}

/** Whether Python's `str.isprintable` is true of this one character. */
export function isPrintable(character: string): boolean {
  return character === " " || !/[\p{C}\p{Z}]/u.test(character);
}

/** The text with control characters and such written out, so that a file's name cannot rewrite what is shown. */
export function printable(text: string): string {
  return Array.from(text, (char) => (isPrintable(char) ? char : escape(char))).join("");
}

/** The text with control characters and such replaced. */
export function replaced(text: string): string {
  return Array.from(text, (char) => (isPrintable(char) ? char : "\ufffd")).join("");
}

function escape(char: string): string {
  const code = char.codePointAt(0) as number;
  if (char === "\n" || char === "\r" || char === "\t") return { "\n": "\\n", "\r": "\\r", "\t": "\\t" }[char];
  if (code <= 0xff) return "\\x" + code.toString(16).padStart(2, "0");
  return code <= 0xffff ? "\\u" + code.toString(16).padStart(4, "0") : "\\U" + code.toString(16).padStart(8, "0");
}

/** Python's `repr` of text. */
export function repr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const inner = Array.from(text, (char) => {
    if (char === quote || char === "\\") return "\\" + char;
    return isPrintable(char) ? char : escape(char);
  });
  return quote + inner.join("") + quote;
}

/** For example 2026-11-23 17:46:34 UTC; the bare number where no calendar has it. */
export function utc(seconds: bigint | number): string {
  const value = Number(seconds);
  if (BigInt(seconds) > 253402300799n) return `${seconds} seconds after 1970`;
  return new Date(value * 1000).toISOString().slice(0, 19).replace("T", " ") + " UTC";
}

// DER, read strictly: definite lengths in their shortest form, each value in its one encoding.

import { type Bytes, compare, concat, hex, toBigInt } from "./bytes";

export class DerError extends Error {}

/** One element: its tag byte, its content, and all of its bytes. */
export interface Element {
  tag: number;
  content: Bytes;
  raw: Bytes;
}

export function encode(tag: number, ...parts: readonly Bytes[]): Bytes {
  const content = concat(...parts);
  const size = content.length;
  if (size < 0x80) return concat(Uint8Array.of(tag, size), content);
  const octets: number[] = [];
  for (let rest = size; rest; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return concat(Uint8Array.of(tag, 0x80 | octets.length, ...octets), content);
}

function elementAt(data: Bytes, at: number, isStrict: boolean): [Element, number] {
  const start = at;
  if (at + 2 > data.length) throw new DerError("it is cut off");
  const tag = data[at++];
  if ((tag & 0x1f) === 0x1f) throw new DerError("a tag of several bytes");
  let length = data[at++];
  if (length & 0x80) {
    const octets = length & 0x7f;
    if (!octets || octets > 4 || at + octets > data.length) throw new DerError("a length that is none");
    length = 0;
    const first = data[at];
    for (let left = octets; left; left--) length = length * 256 + data[at++];
    if (isStrict && (!first || length < 0x80)) throw new DerError("a length that could be shorter");
  }
  if (at + length > data.length) throw new DerError("it is cut off");
  return [{ tag, content: data.subarray(at, at + length), raw: data.subarray(start, at + length) }, at + length];
}

/** The elements that `data` is made of. Not strict: lengths may be longer than they need be. */
export function elements(data: Bytes, isStrict = true): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < data.length; ) {
    const [element, next] = elementAt(data, at, isStrict);
    found.push(element);
    at = next;
  }
  return found;
}

/** The parts of one structure, taken one after the other. */
export class Parts {
  private place = 0;
  private readonly found: Element[];

  constructor(
    content: Bytes,
    private readonly isStrict = true,
  ) {
    this.found = elements(content, isStrict);
  }

  /** The structure that is all of `data`. */
  static of(data: Bytes, tag = 0x30, isStrict = true): Parts {
    const whole = elements(data, isStrict);
    if (whole.length !== 1 || whole[0].tag !== tag) throw new DerError(`no single element of tag 0x${tag.toString(16)}`);
    return new Parts(whole[0].content, isStrict);
  }

  peek(): number {
    return this.found[this.place]?.tag ?? -1;
  }

  take(tag?: number): Element {
    const element = this.found[this.place];
    if (element === undefined || (tag !== undefined && element.tag !== tag))
      throw new DerError(`tag 0x${(element?.tag ?? 0).toString(16)} where another belongs`);
    this.place += 1;
    return element;
  }

  optional(tag: number): Element | null {
    return this.peek() === tag ? this.take(tag) : null;
  }

  parts(tag = 0x30): Parts {
    return new Parts(this.take(tag).content, this.isStrict);
  }

  isDone(): boolean {
    return this.place === this.found.length;
  }

  done(): void {
    if (!this.isDone()) throw new DerError("more than belongs there");
  }

  *rest(): Generator<Element> {
    while (!this.isDone()) yield this.take();
  }
}

export function integer(content: Bytes): bigint {
  if (!content.length) throw new DerError("an integer without bytes");
  if (content.length > 1 && (content[0] === 0 ? content[1] < 0x80 : content[0] === 0xff && content[1] >= 0x80))
    throw new DerError("an integer that could be shorter");
  return signed(content);
}

export function signed(content: Bytes): bigint {
  const value = toBigInt(content);
  return content.length && content[0] & 0x80 ? value - (1n << BigInt(8 * content.length)) : value;
}

export function boolean(content: Bytes): boolean {
  if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) throw new DerError("no boolean");
  return content[0] === 0xff;
}

/** A dotted object identifier. Not strict: padded ones are read, and what is cut off at the end is left away. */
export function oid(content: Bytes, isStrict = true): string {
  if (!content.length || (isStrict && content[content.length - 1] & 0x80)) throw new DerError("no object identifier");
  const numbers: bigint[] = [];
  let value = 0n;
  let isFirst = true;
  for (const byte of content) {
    if (isStrict && isFirst && byte === 0x80) throw new DerError("an object identifier that could be shorter");
    value = (value << 7n) | BigInt(byte & 0x7f);
    isFirst = !(byte & 0x80);
    if (isFirst) {
      numbers.push(value);
      value = 0n;
    }
  }
  const [first, ...others] = numbers;
  if (first === undefined) return "";
  const top = first < 80n ? first / 40n : 2n;
  return [top, first - 40n * top, ...others].join(".");
}

/** The bytes of a bit string, and how many bits of the last one are not used. */
export function bitString(content: Bytes): { bytes: Bytes; unused: number } {
  const [unused, bytes] = [content[0], content.subarray(1)];
  if (!content.length || unused > 7 || (unused && !bytes.length)) throw new DerError("no bit string");
  if (unused && bytes[bytes.length - 1] & ((1 << unused) - 1)) throw new DerError("a bit string with set bits beyond its end");
  return { bytes, unused };
}

export function hasBit(bits: Bytes, bit: number): boolean {
  return ((bits[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0;
}

/** Check that the elements of a set stand in DER's order. */
export function checkSorted(found: readonly Element[]): void {
  for (let at = 1; at < found.length; at++)
    if (compare(found[at - 1].raw, found[at].raw) > 0) throw new DerError("a set that is not sorted");
}

/** Unix seconds of a UTCTime or GeneralizedTime, as X.509 writes them. */
export function time(element: Element): number {
  const text = String.fromCharCode(...element.content);
  const match =
    element.tag === 0x17 ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text)
    : element.tag === 0x18 ? /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text)
    : null;
  if (!match) throw new DerError(`no time: ${hex(element.content).slice(0, 40)}`);
  const [year, month, day, hours, minutes, seconds] = match.slice(1).map(Number);
  return secondsOf(element.tag === 0x17 ? year + (year >= 50 ? 1900 : 2000) : year, month, day, hours, minutes, seconds);
}

export function secondsOf(year: number, month: number, day: number, hours: number, minutes: number, seconds: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hours, minutes, seconds);
  const isSame = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!year || !isSame || hours > 23 || minutes > 59 || seconds > 59) throw new DerError("no such time");
  return date.getTime() / 1000;
}

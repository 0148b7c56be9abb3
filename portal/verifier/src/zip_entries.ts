// What a zip's list says is in it, and where each entry's bytes lie. As notary/court/zip_entries.py.

import { type Bytes, concat, equal } from "./bytes";
import { BundleInvalid } from "./errors";

const MAX_ENTRIES = 60_000;
export const STORED = 0;
export const DEFLATED = 8;
export const UTF8 = 0x800;
export const LATE = 0x8;
const MAX_LIST = 64 * 1024 * 1024;
const MAX_TAIL = 65_557;
const END = 22;
const LOCATOR = 20;
const END64 = 56;
const ROW = 46;
const HEADER = 30;
const ONES = [0xffff, 0xffff, 0xffff, 0xffff, 0xffffffff, 0xffffffff];
const WIDE = 1;
const OTHER_NAME = 0x7075;
const WINDOW = 256 * 1024;

/** A line of the list. */
export interface Entry {
  name: Bytes;
  flags: number;
  method: number;
  crc: number;
  packed: number;
  size: number;
  attributes: number;
  place: number;
}

export function shownName(entry: Entry): string {
  return `'${new TextDecoder().decode(entry.name.subarray(0, 100))}'`;
}

/** A file that is read in windows: headers that lie near to each other are read at once. */
class Windows {
  private begin = 0;
  private held: Bytes = new Uint8Array(0);

  constructor(private readonly file: Blob) {}

  /** At most `size` bytes, fewer at the file's end. */
  async read(at: number, size: number): Promise<Bytes> {
    const end = Math.min(at + size, this.file.size);
    if (at >= end) return new Uint8Array(0);
    if (at < this.begin || end > this.begin + this.held.length) {
      this.begin = at;
      this.held = new Uint8Array(await this.file.slice(at, Math.max(end, at + WINDOW)).arrayBuffer());
    }
    return this.held.subarray(at - this.begin, end - this.begin);
  }
}

function viewOf(data: Bytes): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength);
}

function long(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true)); // beyond 53 bits it is beyond every bound, too
}

function padded(data: Bytes, size: number): Bytes {
  return data.length >= size ? data.slice(data.length - size) : concat(new Uint8Array(size - data.length), data);
}

function starts(data: Bytes, at: number, ...mark: number[]): boolean {
  return at >= 0 && at + mark.length <= data.length && mark.every((byte, place) => data[at + place] === byte);
}

/** The entries in the list's order, and the place where the list begins. Raises BundleInvalid. */
export async function readList(file: Blob): Promise<[Entry[], number]> {
  const [count, length, begin] = await readEnd(file);
  if (count > MAX_ENTRIES || length > MAX_LIST)
    throw new BundleInvalid("zip-too-many-entries", `the zip lists ${count} entries in ${length} bytes; ${MAX_ENTRIES} in ${MAX_LIST} are allowed`);
  const data = new Uint8Array(await file.slice(begin, begin + length).arrayBuffer());
  const view = viewOf(data);
  const entries: Entry[] = [];
  for (let at = 0; at < length; ) {
    if (at + ROW > length || !starts(data, at, 0x50, 0x4b, 1, 2))
      throw new BundleInvalid("zip-unreadable", `the list of entries cannot be read behind entry ${entries.length}`);
    const [nameSize, extraSize, commentSize, disk] = [28, 30, 32, 34].map((place) => view.getUint16(at + place, true));
    const begins = at + ROW;
    const entry = {
      name: data.subarray(begins, begins + nameSize),
      flags: view.getUint16(at + 8, true),
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      attributes: view.getUint32(at + 38, true),
    };
    const narrow = [24, 20, 42].map((place) => view.getUint32(at + place, true));
    at = begins + nameSize + extraSize + commentSize;
    if (at > length || disk)
      throw new BundleInvalid("zip-layout-unusual", `entry ${entries.length} is longer than the list, or lies in another part of the zip`);
    const [size, packed, place] = widened(narrow, extraOf(data.subarray(begins + nameSize, begins + nameSize + extraSize)));
    entries.push({ ...entry, size, packed, place });
  }
  if (entries.length !== count) throw new BundleInvalid("zip-layout-unusual", `the zip counts ${count} entries and lists ${entries.length}`);
  return [entries, begin];
}

/** Where the bytes of each entry begin. Raises BundleInvalid. */
export async function dataPlaces(file: Blob, entries: readonly Entry[], begin: number): Promise<Map<Entry, number>> {
  const ordered = [...entries].sort((one, other) => one.place - other.place);
  const places = [...ordered.map((entry) => entry.place), begin];
  if (places[0]) throw new BundleInvalid("zip-layout-unusual", `the first ${places[0]} bytes of the zip are of no entry`);
  const found = new Map<Entry, number>();
  const windows = new Windows(file);
  for (const [number, entry] of ordered.entries()) {
    const shares = new BundleInvalid("zip-entries-overlap", `${shownName(entry)} shares bytes of the zip with what follows it`);
    const room = places[number + 1] - entry.place - HEADER - entry.packed;
    if (room < 0) throw shares;
    const used = await checkHeader(windows, entry);
    if (used > room) throw shares;
    const at = entry.place + HEADER + used;
    found.set(entry, at);
    const behind = await windows.read(at + entry.packed, Math.min(room - used, 25));
    const allowed = entry.flags & LATE ? late(entry) : [new Uint8Array(0)];
    if (!allowed.some((one) => equal(one, behind)))
      throw new BundleInvalid("zip-layout-unusual", `behind ${shownName(entry)} are ${room - used} bytes that are not its own`);
  }
  return found;
}

/** How many entries the list has, its length and its place; all ends of the zip agree on them. */
async function readEnd(file: Blob): Promise<[number, number, number]> {
  const tail = new Uint8Array(await file.slice(Math.max(0, file.size - MAX_TAIL)).arrayBuffer());
  let mark = tail.length - 4;
  while (mark >= 0 && !starts(tail, mark, 0x50, 0x4b, 5, 6)) mark -= 1;
  if (mark < 0) throw new BundleInvalid("zip-unreadable", `the file of ${file.size} bytes is no zip: it has no end record`);
  let end = file.size - END;
  const last = viewOf(padded(tail, END));
  const isEnd = last.getUint32(0, false) === 0x504b0506;
  const small = [4, 6, 8, 10].map((at) => last.getUint16(at, true)).concat([12, 16].map((at) => last.getUint32(at, true)));
  let values = small;
  if (isEnd && starts(tail, tail.length - END - LOCATOR, 0x50, 0x4b, 6, 7)) {
    end -= LOCATOR + END64;
    const before = viewOf(padded(tail.subarray(0, tail.length - END), LOCATOR + END64));
    values = [16, 20].map((at) => before.getUint32(at, true)).concat([24, 32, 40, 48].map((at) => long(before, at)));
    const agree = small.every((one, at) => one === values[at] || one === ONES[at]);
    const isLarge = before.getUint32(0, false) === 0x504b0606 && long(before, 4) === END64 - 12;
    const isThere = before.getUint32(END64 + 4, true) === 0 && long(before, END64 + 8) === end && before.getUint32(END64 + 16, true) === 1;
    if (!agree || !isLarge || !isThere)
      throw new BundleInvalid("zip-layout-unusual", "the two end records of the zip say different things");
  }
  const [disk, listDisk, here, count, length, begin] = values;
  if (!isEnd || last.getUint16(20, true) || disk || listDisk)
    throw new BundleInvalid("zip-layout-unusual", "the zip does not end with its end record, or is one of several parts");
  if (here !== count || begin + length !== end)
    throw new BundleInvalid("zip-layout-unusual", `the zip says that ${count} entries are listed in ${length} bytes from ${begin} on, but its end is at ${end}`);
  return [count, length, begin];
}

/** Bytes of name and extra field, in the header before an entry's bytes. */
async function checkHeader(windows: Windows, entry: Entry): Promise<number> {
  const head = viewOf(await windows.read(entry.place, HEADER));
  if (head.byteLength < HEADER || head.getUint32(0, false) !== 0x504b0304)
    throw new BundleInvalid("zip-damaged", `there is no header before ${shownName(entry)}, at byte ${entry.place}`);
  const [flags, method, nameSize, extraSize] = [6, 8, 26, 28].map((at) => head.getUint16(at, true));
  const crc = head.getUint32(14, true);
  const narrow = [22, 18].map((at) => head.getUint32(at, true));
  const name = await windows.read(entry.place + HEADER, nameSize);
  const isNamed = equal(name, entry.name);
  const [size, packed] = widened(narrow, extraOf(await windows.read(entry.place + HEADER + nameSize, extraSize)));
  const isSame = crc === entry.crc && packed === entry.packed && size === entry.size;
  const isLate = (entry.flags & LATE) !== 0 && !crc && !packed && !size;
  if (flags !== entry.flags || method !== entry.method || !isNamed || !(isSame || isLate))
    throw new BundleInvalid("zip-damaged", `the header of ${shownName(entry)} says something else than the list of entries`);
  return nameSize + extraSize;
}

/** What may follow an entry's bytes: checksum and sizes, with or without a mark, of 32 or 64 bits. */
function late(entry: Entry): Bytes[] {
  const mark = new Uint8Array([0x50, 0x4b, 7, 8]);
  const large = new DataView(new ArrayBuffer(20));
  large.setUint32(0, entry.crc, true);
  large.setBigUint64(4, BigInt(entry.packed), true);
  large.setBigUint64(12, BigInt(entry.size), true);
  const forms = [new Uint8Array(large.buffer)];
  if (Math.max(entry.packed, entry.size) <= 0xffffffff) {
    const small = new DataView(new ArrayBuffer(12));
    [entry.crc, entry.packed, entry.size].forEach((one, place) => small.setUint32(4 * place, one, true));
    forms.push(new Uint8Array(small.buffer));
  }
  return forms.flatMap((one) => [one, concat(mark, one)]);
}

/** Extra fields by kind. Raises BundleInvalid: also for one that gives an entry another name. */
function extraOf(data: Bytes): Map<number, Bytes> {
  const view = viewOf(data);
  const found = new Map<number, Bytes>();
  for (let at = 0; at < data.length; ) {
    const isWhole = at + 4 <= data.length;
    const kind = isWhole ? view.getUint16(at, true) : -1;
    const next = at + 4 + (isWhole ? view.getUint16(at + 2, true) : 0);
    if (next > data.length || found.has(kind))
      throw new BundleInvalid("zip-layout-unusual", "an extra field is there twice, or is cut off");
    found.set(kind, data.subarray(at + 4, next));
    at = next;
  }
  if (found.has(OTHER_NAME))
    throw new BundleInvalid("zip-name-invalid", "an entry has a second name, which some programs take and some do not");
  return found;
}

/** Values of which those that are all ones stand in an extra field, in this order. Raises BundleInvalid. */
function widened(values: readonly number[], extra: ReadonlyMap<number, Bytes>): number[] {
  const field = extra.get(WIDE) ?? new Uint8Array(0);
  if (field.length !== 8 * values.filter((value) => value === 0xffffffff).length)
    throw new BundleInvalid("zip-layout-unusual", `an entry's large sizes have ${field.length} bytes`);
  const view = viewOf(field);
  let at = -8;
  return values.map((value) => (value === 0xffffffff ? long(view, (at += 8)) : value));
}

// A bundle's zip, read where it lies and as something that an enemy made. As notary/court/bundle_zip.py.

import { type Bytes, characters, concat, fromUtf8, repr, utf8 } from "./bytes";
import { BundleInvalid } from "./errors";
import { DEFLATED, type Entry, LATE, STORED, UTF8, dataPlaces, readList, shownName } from "./zip_entries";

const MAX_NAME = 1000;
const MAX_BYTES = 2 ** 40;
const MAX_RATIO = 200;
const FREE_BYTES = 16 * 1024 * 1024;
const PIECE = 1 << 20;
const ENCRYPTED = 0x1 | 0x40 | 0x2000;
const NO_FILE = 0x8 | 0x10 | 0x400;
const [FORMAT_BITS, FOLDER, REGULAR] = [0o170000, 0o040000, 0o100000];

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crc32(data: Bytes, crc: number): number {
  let value = ~crc;
  for (const byte of data) value = CRC_TABLE[(value ^ byte) & 0xff] ^ (value >>> 8);
  return ~value >>> 0;
}

/** Raises BundleInvalid unless the path stays below the folder it is unpacked into, on any system. */
export function checkPath(name: string): void {
  if (!name || utf8(name).length > MAX_NAME)
    throw new BundleInvalid("zip-name-invalid", `a path has 1 to ${MAX_NAME} bytes, this one ${characters(name)} characters`);
  if (/[\x00-\x1f\x7f\ufffd]/.test(name) || !name.isWellFormed())
    throw new BundleInvalid("zip-name-invalid", `the path ${repr(name.slice(0, 100))} has a character that no file's name has`);
  if (/[\\:]/.test(name) || name.split("/").some((part) => part === "" || part === "." || part === ".."))
    throw new BundleInvalid("zip-path-unsafe", `the path ${repr(name.slice(0, 100))} may lead out of the folder it is unpacked into`);
}

/** As a file system that ignores case and forms of characters takes a path: Python's casefold, between two NFC. */
export function folded(path: string): string {
  // Letters that casefold makes one have one capital letter, and the other way round, but for the i without a dot.
  return path.normalize("NFC").replace(/[^\u0131]+/g, (part) => part.toLowerCase().toUpperCase()).normalize("NFC");
}

/** As Python sorts text: by code points. */
export function byCodePoint(one: string, other: string): number {
  if (one === other) return 0;
  let at = 0;
  while (at < one.length && one[at] === other[at]) at += 1;
  if (at > 0 && /[\udc00-\udfff]/.test((one[at] ?? "") + (other[at] ?? ""))) at -= 1;
  return (one.codePointAt(at) ?? -1) - (other.codePointAt(at) ?? -1);
}

/** The files of a zip, by path; nothing of it is trusted, and nothing is written. */
export class BundleZip {
  readonly names: readonly string[];

  private constructor(
    private readonly file: Blob,
    private readonly entries: ReadonlyMap<string, Entry>,
    private readonly places: ReadonlyMap<Entry, number>,
  ) {
    this.names = [...entries.keys()].sort(byCodePoint);
  }

  /** Raises BundleInvalid. */
  static async open(file: Blob): Promise<BundleZip> {
    const [entries, begin] = await readList(file);
    const files = checked(entries);
    return new BundleZip(file, files, await dataPlaces(file, entries, begin));
  }

  has(name: string): boolean {
    return this.entries.has(name);
  }

  size(name: string): number {
    return (this.entries.get(name) as Entry).size;
  }

  /** A file's bytes, a piece at a time. Raises BundleInvalid, also at the end. */
  async *pieces(name: string): AsyncGenerator<Bytes> {
    const entry = this.entries.get(name) as Entry;
    const begin = this.places.get(entry) as number;
    let [crc, size] = [0, 0];
    for await (const piece of entry.method === STORED ? this.packed(begin, entry) : this.inflated(begin, entry)) {
      crc = crc32(piece, crc);
      size += piece.length;
      if (size > entry.size) break;
      yield piece;
    }
    if (crc !== entry.crc || size !== entry.size) {
      const [found, listed] = [crc, entry.crc].map((one) => one.toString(16).padStart(8, "0"));
      throw new BundleInvalid("zip-damaged", `${repr(name)} has ${size} bytes of checksum ${found}, not ${entry.size} of ${listed}`);
    }
  }

  /** A file's bytes. Raises BundleInvalid: also where there are more than `most`. */
  async read(name: string, most: number): Promise<Bytes> {
    if (this.size(name) > most)
      throw new BundleInvalid("zip-too-large", `${repr(name)} has ${this.size(name)} bytes, at most ${most} are allowed`);
    const parts: Bytes[] = [];
    for await (const part of this.pieces(name)) parts.push(part);
    return concat(...parts);
  }

  private async *packed(begin: number, entry: Entry): AsyncGenerator<Bytes> {
    for (let at = begin; at < begin + entry.packed; at += PIECE)
      yield new Uint8Array(await this.file.slice(at, Math.min(at + PIECE, begin + entry.packed)).arrayBuffer());
  }

  /** What was deflated, whole and with nothing behind it. */
  private async *inflated(begin: number, entry: Entry): AsyncGenerator<Bytes> {
    const body = this.file.slice(begin, begin + entry.packed).stream();
    const reader = body.pipeThrough(new DecompressionStream("deflate-raw")).getReader();
    try {
      for (let step = await next(reader, entry); !step.done; step = await next(reader, entry)) yield step.value;
    } finally {
      reader.cancel().catch(() => {});
    }
  }
}

async function next(reader: ReadableStreamDefaultReader<Bytes>, entry: Entry): Promise<ReadableStreamReadResult<Bytes>> {
  try {
    return await reader.read();
  } catch (exc) {
    throw new BundleInvalid("zip-damaged", `${shownName(entry)} cannot be unpacked: ${(exc as Error).message}`);
  }
}

/** The files by path; folders are looked at and left out. Raises BundleInvalid. */
function checked(entries: readonly Entry[]): Map<string, Entry> {
  const total = entries.reduce((sum, entry) => sum + entry.size, 0);
  const packed = entries.reduce((sum, entry) => sum + entry.packed, 0);
  if (total > MAX_BYTES) throw new BundleInvalid("zip-too-large", `the zip unpacks to ${total} bytes, at most ${MAX_BYTES} are allowed`);
  if (total > Math.max(FREE_BYTES, packed * MAX_RATIO))
    throw new BundleInvalid("zip-bomb", `the zip unpacks from ${packed} to ${total} bytes, more than ${MAX_RATIO} times`);
  const files = new Map<string, Entry>();
  const seen = new Map<string, string>();
  const folders = new Map<string, string>();
  for (const entry of entries) {
    checkEntry(entry);
    const name = nameOf(entry);
    const isFolder = name.endsWith("/");
    const path = isFolder ? name.slice(0, -1) : name;
    checkPath(path);
    const parts = path.split("/");
    for (let count = 1; count < parts.length + Number(isFolder); count++) claim(folders, seen, parts.slice(0, count).join("/"));
    if (isFolder) continue;
    if (files.has(path)) throw new BundleInvalid("zip-name-twice", `two entries are named ${repr(path.slice(0, 100))}`);
    const key = folded(path);
    const other = seen.get(key) ?? folders.get(key);
    if (other !== undefined) throw clash(path, other);
    seen.set(key, path);
    files.set(path, entry);
  }
  return files;
}

function clash(path: string, other: string): BundleInvalid {
  return new BundleInvalid("zip-names-clash", `${repr(path.slice(0, 100))} and ${repr(other.slice(0, 100))} are one file on some systems`);
}

/** Note a folder. Raises BundleInvalid where a file or another folder would be the same. */
function claim(folders: Map<string, string>, files: ReadonlyMap<string, string>, path: string): void {
  const key = folded(path);
  const other = files.get(key) ?? folders.get(key) ?? path;
  if (!files.has(key)) folders.set(key, other);
  if (other !== path || files.has(key)) throw clash(path, other);
}

function checkEntry(entry: Entry): void {
  const shown = shownName(entry);
  const isFolder = entry.name[entry.name.length - 1] === 0x2f;
  if (entry.flags & ENCRYPTED) throw new BundleInvalid("zip-encrypted", `${shown} is encrypted`);
  if (entry.method !== STORED && entry.method !== DEFLATED)
    throw new BundleInvalid("zip-method-unknown", `${shown} is packed by method ${entry.method}, which is not read`);
  const kind = (entry.attributes >>> 16) & FORMAT_BITS;
  if ((kind && kind !== (isFolder ? FOLDER : REGULAR)) || (!isFolder && entry.attributes & NO_FILE))
    throw new BundleInvalid("zip-not-a-file", `${shown} is a link or another thing that is no file`);
  if (isFolder && (entry.size || entry.packed)) throw new BundleInvalid("zip-not-a-file", `${shown} is a folder with bytes in it`);
  if (entry.method === STORED && (entry.size !== entry.packed || entry.flags & LATE))
    throw new BundleInvalid("zip-damaged", `${shown} is stored, but its two sizes differ or are not before it`);
  if (entry.size > Math.max(FREE_BYTES, entry.packed * MAX_RATIO))
    throw new BundleInvalid("zip-bomb", `${shown} unpacks from ${entry.packed} to ${entry.size} bytes, more than ${MAX_RATIO} times`);
}

function nameOf(entry: Entry): string {
  const name = fromUtf8(entry.name);
  if (typeof name !== "string" || (!(entry.flags & UTF8) && entry.name.some((byte) => byte > 0x7f)))
    throw new BundleInvalid("zip-name-invalid", `the path ${shownName(entry)} is not UTF-8, or not marked so, and programs read it differently`);
  return name;
}

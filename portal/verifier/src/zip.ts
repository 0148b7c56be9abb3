// Zip files, read where they lie: the list at the end, then single entries from slices of the file. Hostile-safe: names
// and sizes are bounded, entries do not overlap, and nothing is ever written.

import { type Bytes, fromUtf8 } from "./bytes";

const MAX_ENTRIES = 60_000;
const MAX_LIST_BYTES = 64 * 1024 * 1024;
const MAX_RATIO = 1100; // deflate's own limit is 1032

export class ZipInvalid extends Error {}

export interface ZipEntry {
  name: string;
  size: number;
  /** The content, piece by piece. Raises ZipInvalid when it is not what the list says. */
  stream(): AsyncGenerator<Bytes>;
}

async function slice(file: Blob, begin: number, end: number): Promise<DataView> {
  if (begin < 0 || end > file.size || begin > end) throw new ZipInvalid("it is cut off");
  return new DataView(await file.slice(begin, end).arrayBuffer());
}

/** The files in a zip. Raises ZipInvalid. */
export async function readZip(file: Blob): Promise<ZipEntry[]> {
  const tailSize = Math.min(file.size, 22 + 0xffff);
  const tail = await slice(file, file.size - tailSize, file.size);
  let at = tailSize - 22;
  while (at >= 0 && tail.getUint32(at, true) !== 0x06054b50) at -= 1;
  if (at < 0) throw new ZipInvalid("it has no list of entries");
  let [count, size, begin] = [tail.getUint16(at + 10, true), tail.getUint32(at + 12, true), tail.getUint32(at + 16, true)];
  if (count === 0xffff || size === 0xffffffff || begin === 0xffffffff) {
    const locator = file.size - tailSize + at - 20;
    const where = await slice(file, locator, locator + 20);
    if (where.getUint32(0, true) !== 0x07064b50) throw new ZipInvalid("its list is nowhere");
    const start = Number(where.getBigUint64(8, true));
    const end = await slice(file, start, start + 56);
    if (end.getUint32(0, true) !== 0x06064b50) throw new ZipInvalid("its list is nowhere");
    [count, size, begin] = [32, 40, 48].map((place) => Number(end.getBigUint64(place, true)));
  }
  if (count > MAX_ENTRIES || size > MAX_LIST_BYTES) throw new ZipInvalid(`it has ${count} entries in ${size} bytes`);
  return entriesOf(file, await slice(file, begin, begin + size), count);
}

function entriesOf(file: Blob, list: DataView, count: number): ZipEntry[] {
  const found: ZipEntry[] = [];
  const names = new Set<string>();
  let at = 0;
  for (let number = 0; number < count; number++) {
    if (at + 46 > list.byteLength || list.getUint32(at, true) !== 0x02014b50) throw new ZipInvalid(`entry ${number} is none`);
    const [flags, method] = [list.getUint16(at + 8, true), list.getUint16(at + 10, true)];
    let [packed, size, offset] = [list.getUint32(at + 20, true), list.getUint32(at + 24, true), list.getUint32(at + 42, true)];
    const [nameSize, extraSize, commentSize] = [28, 30, 32].map((place) => list.getUint16(at + place, true));
    const next = at + 46 + nameSize + extraSize + commentSize;
    if (next > list.byteLength) throw new ZipInvalid(`entry ${number} is cut off`);
    const name = fromUtf8(new Uint8Array(list.buffer, list.byteOffset + at + 46, nameSize));
    let extra = at + 46 + nameSize;
    while (extra + 4 <= at + 46 + nameSize + extraSize) {
      const [kind, length] = [list.getUint16(extra, true), list.getUint16(extra + 2, true)];
      if (kind === 1) {
        let place = extra + 4;
        const wide = (value: number): number => {
          if (value !== 0xffffffff) return value;
          place += 8;
          if (place > extra + 4 + length || place > next) throw new ZipInvalid(`entry ${number} is cut off`);
          return Number(list.getBigUint64(place - 8, true));
        };
        [size, packed, offset] = [wide(size), wide(packed), wide(offset)];
      }
      extra += 4 + length;
    }
    at = next;
    if (typeof name !== "string" || isUnsafe(name)) throw new ZipInvalid(`entry ${number} has a name that no bundle has`);
    if (name.endsWith("/")) continue;
    if (names.has(name.toLowerCase())) throw new ZipInvalid(`two entries are called ${name}`);
    names.add(name.toLowerCase());
    if (flags & 1 || (method !== 0 && method !== 8)) throw new ZipInvalid(`${name} is encrypted, or packed in an unknown way`);
    if (size > MAX_RATIO * (packed + 1)) throw new ZipInvalid(`${name} says that it has ${size} bytes in ${packed}`);
    found.push({ name, size, stream: () => contentOf(file, { name, size, packed, offset, method }) });
  }
  return found;
}

function isUnsafe(name: string): boolean {
  return !name || name.length > 4096 || /[\\\0]|^\/|^[A-Za-z]:/.test(name) || name.split("/").includes("..");
}

interface Place {
  name: string;
  size: number;
  packed: number;
  offset: number;
  method: number;
}

async function* contentOf(file: Blob, place: Place): AsyncGenerator<Bytes> {
  const header = await slice(file, place.offset, place.offset + 30);
  if (header.getUint32(0, true) !== 0x04034b50) throw new ZipInvalid(`${place.name} is not where the list says`);
  const begin = place.offset + 30 + header.getUint16(26, true) + header.getUint16(28, true);
  if (begin + place.packed > file.size) throw new ZipInvalid(`${place.name} is cut off`);
  const body = file.slice(begin, begin + place.packed);
  const stream: ReadableStream<Bytes> = place.method === 8 ? body.stream().pipeThrough(new DecompressionStream("deflate-raw")) : body.stream();
  let size = 0;
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.length;
      if (size > place.size) throw new ZipInvalid(`${place.name} has more than the ${place.size} bytes that the list says`);
      yield value;
    }
  } catch (exc) {
    if (exc instanceof TypeError) throw new ZipInvalid(`${place.name} cannot be unpacked`);
    throw exc;
  }
  if (size !== place.size) throw new ZipInvalid(`${place.name} has ${size} bytes, the list says ${place.size}`);
}

// The files that a PDF carries, taken out without trusting it. As notary/report/embedded.py, but for one thing: a PDF whose
// list of objects is packed (no report's is) is not read here, and that is said.

import { type Bytes, concat } from "./bytes";
import { ReportInvalid } from "./errors";

export const MAX_PDF_BYTES = 512 * 1024 * 1024;
const MAX_FILES = 10_100;
const MAX_TOTAL = 2 * 128 * 1024 * 1024;
const MAX_NAME = 200;
const MAX_DEPTH = 32;
const MAX_OBJECTS = 10_000_000;
const MAX_SECTIONS = 1000;

/** A PDF of a form that this page does not read, so nothing is said about it. */
export class ReportUnread extends Error {}

type Thing = number | string | boolean | null | Ref | Name | Thing[] | Dictionary;
type Dictionary = Map<string, Thing>;

class Name {
  constructor(readonly text: string) {}
}

class Ref {
  constructor(readonly number: number) {}
}

const SPACE = new Set([0, 9, 10, 12, 13, 32]);
const DELIMITER = new Set(Array.from("()<>[]{}/%", (char) => char.charCodeAt(0)));

/** Reads PDF objects from a place on. */
class Scanner {
  constructor(
    private readonly data: Bytes,
    public at: number,
  ) {}

  thing(depth = 0): Thing {
    if (depth > MAX_DEPTH) throw new ReportInvalid("the PDF nests its objects too deeply");
    this.space();
    const [first, second] = [this.data[this.at], this.data[this.at + 1]];
    if (first === 0x2f) return new Name(this.name());
    if (first === 0x28) return this.literal();
    if (first === 0x3c && second === 0x3c) return this.dictionary(depth);
    if (first === 0x3c) return this.hexadecimal();
    if (first === 0x5b) return this.array(depth);
    const word = this.word();
    if (/^[-+]?[0-9]*\.?[0-9]*$/.test(word) && /[0-9]/.test(word)) return this.numberOrRef(Number(word));
    if (word === "true" || word === "false") return word === "true";
    if (word === "null") return null;
    throw new ReportInvalid(`the PDF cannot be read at byte ${this.at}`);
  }

  space(): void {
    for (;;) {
      while (SPACE.has(this.data[this.at])) this.at += 1;
      if (this.data[this.at] !== 0x25) return;
      while (this.at < this.data.length && this.data[this.at] !== 10 && this.data[this.at] !== 13) this.at += 1;
    }
  }

  /** The characters up to the next space or delimiter. */
  word(): string {
    this.space();
    const begin = this.at;
    while (this.at < this.data.length && !SPACE.has(this.data[this.at]) && !DELIMITER.has(this.data[this.at])) this.at += 1;
    return String.fromCharCode(...this.data.subarray(begin, Math.min(this.at, begin + 128)));
  }

  private numberOrRef(number: number): Thing {
    const back = this.at;
    if (Number.isInteger(number) && /^[0-9]+$/.test(this.word()) && this.word() === "R") return new Ref(number);
    this.at = back;
    return number;
  }

  private name(): string {
    this.at += 1;
    if (SPACE.has(this.data[this.at]) || DELIMITER.has(this.data[this.at])) return "";
    return this.word().replace(/#([0-9A-Fa-f]{2})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
  }

  private literal(): string {
    const bytes: number[] = [];
    const escapes: Record<string, number> = { n: 10, r: 13, t: 9, b: 8, f: 12 };
    for (let depth = 0; ; ) {
      if (this.at >= this.data.length) throw new ReportInvalid("a text in the PDF does not end");
      const byte = this.data[this.at++];
      if (byte === 0x28 && depth++ === 0) continue;
      if (byte === 0x29 && --depth === 0) return decoded(bytes);
      if (byte !== 0x5c) {
        bytes.push(byte);
        continue;
      }
      const octal = /^[0-7]{1,3}/.exec(String.fromCharCode(...this.data.subarray(this.at, this.at + 3)));
      if (octal) bytes.push(parseInt(octal[0], 8) & 0xff);
      else if (this.data[this.at] === 13 && this.data[this.at + 1] === 10) this.at += 1;
      else if (this.data[this.at] !== 10 && this.data[this.at] !== 13)
        bytes.push(escapes[String.fromCharCode(this.data[this.at])] ?? this.data[this.at]);
      this.at += octal ? octal[0].length : 1;
    }
  }

  private hexadecimal(): string {
    const end = this.data.indexOf(0x3e, this.at);
    if (end < 0) throw new ReportInvalid("a text in the PDF does not end");
    const digits = Array.from(this.data.subarray(this.at + 1, end), (byte) => String.fromCharCode(byte)).join("").replace(/\s/g, "");
    this.at = end + 1;
    return decoded((digits.match(/../g) ?? []).map((pair) => parseInt(pair, 16)));
  }

  private array(depth: number): Thing[] {
    const found: Thing[] = [];
    this.at += 1;
    for (this.space(); this.data[this.at] !== 0x5d; this.space()) found.push(this.thing(depth + 1));
    this.at += 1;
    return found;
  }

  private dictionary(depth: number): Dictionary {
    const found: Dictionary = new Map();
    this.at += 2;
    for (this.space(); this.data[this.at] !== 0x3e; this.space()) {
      if (this.data[this.at] !== 0x2f) throw new ReportInvalid(`the PDF cannot be read at byte ${this.at}`);
      const name = this.name();
      found.set(name, this.thing(depth + 1));
    }
    this.at += 2;
    return found;
  }
}

function decoded(bytes: readonly number[]): string {
  const data = Uint8Array.from(bytes);
  return new TextDecoder(data[0] === 0xfe && data[1] === 0xff ? "utf-16be" : "latin1").decode(data);
}

function findLast(data: Bytes, text: string): number {
  const mark = Array.from(text, (char) => char.charCodeAt(0));
  for (let at = data.lastIndexOf(mark[0]); at >= 0; at = at ? data.lastIndexOf(mark[0], at - 1) : -1)
    if (mark.every((byte, place) => data[at + place] === byte)) return at;
  return -1;
}

class Pdf {
  private readonly places = new Map<number, number>();
  readonly trailer: Dictionary;

  constructor(private readonly data: Bytes) {
    const end = findLast(data, "startxref");
    if (end < 0) throw new ReportInvalid("the file is no PDF that can be read: it does not end with startxref");
    const starts: Thing[] = [new Scanner(data, end + 9).thing()];
    const trailers: Dictionary[] = [];
    while (starts.length) {
      const start = starts.pop();
      if (typeof start !== "number" || trailers.length >= MAX_SECTIONS) throw new ReportInvalid("the PDF's list of objects cannot be read");
      const trailer = this.section(start);
      trailers.push(trailer);
      if (trailer.has("XRefStm")) throw new ReportUnread("the PDF's list of objects is packed");
      if (trailer.has("Prev")) starts.push(trailer.get("Prev") as Thing);
    }
    this.trailer = trailers[0];
  }

  private section(start: number): Dictionary {
    const scanner = new Scanner(this.data, start);
    if (scanner.word() !== "xref") throw new ReportUnread("the PDF's list of objects is packed");
    for (;;) {
      const word = scanner.word();
      if (word === "trailer") break;
      const [first, count] = [Number(word), Number(scanner.word())];
      if (!Number.isInteger(first) || !Number.isInteger(count) || this.places.size + count > MAX_OBJECTS)
        throw new ReportInvalid("the PDF's list of objects cannot be read");
      for (let number = first; number < first + count; number++) {
        const place = Number(scanner.word());
        scanner.word();
        if (scanner.word() === "n" && !this.places.has(number)) this.places.set(number, place);
      }
    }
    return asDictionary(scanner.thing());
  }

  /** The thing itself where it is a reference to one; a stream's dictionary with its bytes. */
  resolve(thing: Thing | undefined): [Thing, Bytes | null] {
    if (!(thing instanceof Ref)) return [thing ?? null, null];
    const place = this.places.get(thing.number);
    if (place === undefined) return [null, null];
    const scanner = new Scanner(this.data, place);
    if (Number(scanner.word()) !== thing.number || !/^[0-9]+$/.test(scanner.word()) || scanner.word() !== "obj")
      throw new ReportInvalid(`object ${thing.number} of the PDF is not where its list says`);
    const found = scanner.thing();
    if (!(found instanceof Map) || scanner.word() !== "stream") return [found instanceof Ref ? null : found, null];
    const length = this.resolve(found.get("Length"))[0];
    const begin = scanner.at + (this.data[scanner.at] === 13 ? 2 : 1);
    if (typeof length !== "number" || length < 0 || begin + length > this.data.length)
      throw new ReportInvalid("a file in the PDF is cut off");
    return [found, this.data.subarray(begin, begin + length)];
  }

  dictionary(thing: Thing | undefined): Dictionary {
    return asDictionary(this.resolve(thing)[0]);
  }
}

function asDictionary(thing: Thing): Dictionary {
  if (!(thing instanceof Map)) throw new ReportInvalid("the PDF has something else where a dictionary should be");
  return thing;
}

/** The embedded files by name, of the name tree. Raises ReportInvalid, ReportUnread. */
export async function embeddedFiles(data: Bytes): Promise<Map<string, Bytes>> {
  const pdf = new Pdf(data);
  if (pdf.trailer.has("Encrypt")) throw new ReportInvalid("the PDF is encrypted");
  const root = pdf.dictionary(pdf.trailer.get("Root"));
  const names = root.has("Names") ? pdf.dictionary(root.get("Names")) : new Map<string, Thing>();
  const waiting: (Thing | undefined)[] = names.has("EmbeddedFiles") ? [names.get("EmbeddedFiles")] : [];
  const found = new Map<string, Bytes>();
  let total = 0;
  for (let seen = 0; seen < waiting.length; seen++) {
    if (seen >= MAX_FILES) throw new ReportInvalid(`the PDF's tree of files has more than ${MAX_FILES} nodes`);
    const node = pdf.dictionary(waiting[seen]);
    waiting.push(...listOf(pdf, node.get("Kids")));
    for (const [at, spec] of listOf(pdf, node.get("Names")).entries()) {
      if (at % 2 === 0) continue;
      const whole = pdf.dictionary(spec);
      const name = pdf.resolve(whole.get("UF") ?? whole.get("F"))[0];
      if (typeof name !== "string" || !name || name.length > MAX_NAME) throw new ReportInvalid("a file in the PDF has no name");
      if (found.has(name)) throw new ReportInvalid(`the PDF carries two files named ${name}`);
      if (found.size >= MAX_FILES) throw new ReportInvalid(`the PDF carries more than ${MAX_FILES} files`);
      const content = await unpacked(pdf, pdf.dictionary(whole.get("EF")).get("F"), MAX_TOTAL - total);
      total += content.length;
      found.set(name, content);
    }
  }
  if (!found.size) throw new ReportInvalid("the PDF carries no files, so no receipts");
  return found;
}

function listOf(pdf: Pdf, thing: Thing | undefined): Thing[] {
  const list = pdf.resolve(thing)[0];
  if (list === null) return [];
  if (!Array.isArray(list)) throw new ReportInvalid("the PDF has something else where a list should be");
  return list;
}

async function unpacked(pdf: Pdf, thing: Thing | undefined, most: number): Promise<Bytes> {
  const [dictionary, raw] = pdf.resolve(thing);
  if (raw === null) throw new ReportInvalid("a file in the PDF is no stream");
  let filter = asDictionary(dictionary).get("Filter") ?? null;
  if (Array.isArray(filter) && filter.length === 1) [filter] = filter;
  if (filter === null && raw.length <= most) return raw;
  if (!(filter instanceof Name) || filter.text !== "FlateDecode" || asDictionary(dictionary).has("DecodeParms"))
    throw new ReportInvalid("a file in the PDF is packed in a way that no report uses");
  const parts: Bytes[] = [];
  let size = 0;
  const reader = new Blob([Uint8Array.from(raw)]).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  try {
    for (let step = await reader.read(); !step.done && size <= most; step = await reader.read()) {
      parts.push(step.value);
      size += step.value.length;
    }
  } catch (exc) {
    throw new ReportInvalid(`a file in the PDF is damaged: ${(exc as Error).message}`);
  }
  if (size > most) throw new ReportInvalid(`the files in the PDF have more than ${MAX_TOTAL} bytes`);
  return concat(...parts);
}

// Canonical JSON (RFC 8785) for the values that our formats allow, and a strict reader for JSON from outside.
//
// JavaScript's own reader would take repeated names, floats and numbers that it cannot hold, so there is one here. Its
// messages are those of Python's reader, which the command line has. An object is a Map: a name such as `__proto__`
// is a name like any other.

import { type Bytes, cut, fromUtf8, repr, utf8 } from "./bytes";
import { JsonInvalid } from "./errors";

export type Json = string | number | boolean | null | Json[] | JsonObject;
export type JsonObject = Map<string, Json>;

export const MAX_INT = 2 ** 53 - 1;
const MAX_DEPTH = 16;
const MAX_VALUES = 4_000_000;
const MAX_RECURSION = 900; // Python's reader gives up at about this depth; both say the same of anything beyond 16

/** The canonical text of `value`. Raises JsonInvalid. */
export function text(value: Json): string {
  const out: string[] = [];
  write(value, out, 0);
  return out.join("");
}

/** The canonical UTF-8 bytes of `value`. Raises JsonInvalid. */
export function dumps(value: Json): Bytes {
  const written = text(value);
  if (!written.isWellFormed()) throw new JsonInvalid("a string contains a lone surrogate, which is not Unicode text");
  return utf8(written);
}

/** An object of members in any order. */
export function object(members: Record<string, Json>): JsonObject {
  return new Map(Object.entries(members));
}

function write(value: Json, out: string[], depth: number): void {
  if (depth > MAX_DEPTH) throw new JsonInvalid(`JSON is nested deeper than ${MAX_DEPTH}`);
  if (typeof value === "string") out.push(quote(value));
  else if (value === null || typeof value === "boolean") out.push(String(value));
  else if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw new JsonInvalid(`integer ${value} is not within +-${MAX_INT}`);
    out.push(String(value));
  } else if (Array.isArray(value)) {
    out.push("[");
    value.forEach((item, at) => {
      if (at) out.push(",");
      write(item, out, depth + 1);
    });
    out.push("]");
  } else {
    out.push("{");
    const names = [...value.keys()].sort((one, other) => (one < other ? -1 : one > other ? 1 : 0));
    names.forEach((name, at) => {
      out.push(at ? "," : "", quote(name), ":");
      write(value.get(name) as Json, out, depth + 1);
    });
    out.push("}");
  }
}

function quote(value: string): string {
  // JSON.stringify writes what RFC 8785 asks, but writes lone surrogates out: those are refused with the whole.
  return value.isWellFormed() ? JSON.stringify(value) : `"${value}"`;
}

/** Read one JSON value from outside; `what` names the thing in messages. Raises JsonInvalid. */
export function loads(data: Bytes, maxBytes: number, what = "file"): Json {
  if (data.length > maxBytes) throw new JsonInvalid(`the ${what} has ${data.length} bytes, at most ${maxBytes} are allowed`);
  let values = 0;
  for (const byte of data) if (byte === 0x2c || byte === 0x5b || byte === 0x7b) values += 1;
  if (values > MAX_VALUES) throw new JsonInvalid(`the ${what} has more than ${MAX_VALUES} values`);
  const decoded = fromUtf8(data);
  if (typeof decoded === "number") throw new JsonInvalid(`the ${what} is not UTF-8 text at byte ${decoded}`);
  const value = new Scanner(decoded, what).read();
  check(value, what);
  return value;
}

function check(value: Json, what: string): void {
  let level: Json[] = [value];
  for (let depth = 0; depth <= MAX_DEPTH; depth++) {
    const inner: Json[] = [];
    for (const item of level) {
      if (item instanceof Map) for (const [name, member] of item) inner.push(name, member);
      else if (Array.isArray(item)) for (const member of item) inner.push(member);
      else if (typeof item === "string" && !item.isWellFormed())
        throw new JsonInvalid(`the ${what} contains a lone surrogate, which is not Unicode text`);
    }
    if (!inner.length) return;
    level = inner;
  }
  throw new JsonInvalid(`the ${what} is nested deeper than ${MAX_DEPTH}`);
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t",
};

class Scanner {
  private at = 0;

  constructor(
    private readonly source: string,
    private readonly what: string,
  ) {}

  read(): Json {
    this.space();
    const value = this.value(0);
    this.space();
    if (this.at !== this.source.length) throw this.fault("Extra data", this.at);
    return value;
  }

  private value(depth: number): Json {
    if (depth > MAX_RECURSION) throw new JsonInvalid(`the ${this.what} is nested deeper than ${MAX_DEPTH}`);
    const { source } = this;
    const first = source[this.at];
    if (first === '"') return this.string(++this.at);
    if (first === "{") return this.object(depth);
    if (first === "[") return this.array(depth);
    for (const [word, meant] of [["null", null], ["true", true], ["false", false]] as const)
      if (source.startsWith(word, this.at)) {
        this.at += word.length;
        return meant;
      }
    NUMBER.lastIndex = this.at;
    const match = NUMBER.exec(source);
    if (match) {
      if (match[1] !== undefined || match[2] !== undefined) throw refused(match[0]);
      this.at += match[0].length;
      return integer(match[0]);
    }
    for (const word of ["NaN", "Infinity", "-Infinity"]) if (source.startsWith(word, this.at)) throw refused(word);
    throw this.fault("Expecting value", this.at);
  }

  private object(depth: number): JsonObject {
    const found: JsonObject = new Map();
    let twice: string | undefined;
    this.at += 1;
    this.space();
    if (this.source[this.at] === "}") {
      this.at += 1;
      return found;
    }
    for (;;) {
      if (this.source[this.at] !== '"') throw this.fault("Expecting property name enclosed in double quotes", this.at);
      const name = this.string(++this.at);
      this.space();
      if (this.source[this.at] !== ":") throw this.fault("Expecting ':' delimiter", this.at);
      this.at += 1;
      this.space();
      const value = this.value(depth + 1);
      if (found.has(name)) twice ??= name;
      found.set(name, value);
      this.space();
      const next = this.source[this.at];
      if (next === "}") break;
      if (next !== ",") throw this.fault("Expecting ',' delimiter", this.at);
      this.at += 1;
      this.space();
    }
    this.at += 1;
    if (twice !== undefined) throw new JsonInvalid(`the name ${repr(cut(twice, 40))} is there twice`);
    return found;
  }

  private array(depth: number): Json[] {
    const found: Json[] = [];
    this.at += 1;
    this.space();
    if (this.source[this.at] === "]") {
      this.at += 1;
      return found;
    }
    for (;;) {
      found.push(this.value(depth + 1));
      this.space();
      const next = this.source[this.at];
      if (next === "]") break;
      if (next !== ",") throw this.fault("Expecting ',' delimiter", this.at);
      this.at += 1;
      this.space();
    }
    this.at += 1;
    return found;
  }

  private string(begin: number): string {
    const { source } = this;
    let out = "";
    for (let at = begin; ; ) {
      let end = at;
      while (end < source.length && source[end] !== '"' && source[end] !== "\\" && source[end] >= " ") end += 1;
      out += source.slice(at, end);
      if (end >= source.length) throw this.fault("Unterminated string starting at", begin - 1);
      if (source[end] === '"') {
        this.at = end + 1;
        return out;
      }
      if (source[end] !== "\\") throw this.fault("Invalid control character at", end);
      const kind = source[end + 1];
      if (kind === undefined) throw this.fault("Unterminated string starting at", begin - 1);
      if (kind === "u") {
        const digits = source.slice(end + 2, end + 6);
        if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw this.fault("Invalid \\uXXXX escape", end + 1);
        out += String.fromCharCode(parseInt(digits, 16));
        at = end + 6;
      } else {
        const meant = ESCAPES[kind];
        if (meant === undefined) throw this.fault("Invalid \\escape", end);
        out += meant;
        at = end + 2;
      }
    }
  }

  private space(): void {
    while (" \t\n\r".includes(this.source[this.at] ?? "x")) this.at += 1;
  }

  private fault(reason: string, at: number): JsonInvalid {
    const before = this.source.slice(0, at);
    const line = before.split("\n").length;
    const column = Array.from(before.slice(before.lastIndexOf("\n") + 1)).length + 1;
    return new JsonInvalid(`the ${this.what} is not JSON at line ${line}, column ${column}: ${reason}`);
  }
}

function integer(digits: string): number {
  const value = Number(digits);
  if (digits.length > 17 || digits === "-0" || !Number.isSafeInteger(value))
    throw new JsonInvalid(`the number ${digits.slice(0, 20)} is not an integer within +-${MAX_INT}`);
  return value;
}

function refused(word: string): JsonInvalid {
  return new JsonInvalid(`the number ${word.slice(0, 20)} is not an integer; our formats know no others`);
}

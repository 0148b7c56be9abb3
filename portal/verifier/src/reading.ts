// Typed reading of JSON members from outside: each with its bound, each refusal naming the member.

import { type Bytes, characters, cut, hex, repr, unbase64, unhex } from "./bytes";
import { FormatInvalid, JsonInvalid } from "./errors";
import { type Json, type JsonObject, MAX_INT, loads } from "./jcs";

const MAX_TEXT = 4096;

type Refusal = new (message: string) => FormatInvalid;

/** One JSON object. `what` names it in messages; `Fault` is what every refusal raises. */
export class Reader {
  readonly value: JsonObject;

  constructor(
    value: Json | undefined,
    readonly what: string,
    readonly Fault: Refusal,
  ) {
    if (!(value instanceof Map)) throw new Fault(`the ${what} is not a JSON object`);
    this.value = value;
  }

  static open(data: Bytes, maxBytes: number, what: string, Fault: Refusal): Reader {
    try {
      return new Reader(loads(data, maxBytes, what), what, Fault);
    } catch (exc) {
      if (exc instanceof JsonInvalid) throw new Fault(exc.message);
      throw exc;
    }
  }

  refuse(name: string, reason: string): FormatInvalid {
    return new this.Fault(`the ${this.what}: the member ${repr(cut(name, 40))} ${reason}`);
  }

  /** Refuse missing and unknown members. */
  only(required: readonly string[], optional: readonly string[] = []): void {
    for (const name of required) if (!this.value.has(name)) throw this.refuse(name, "is missing");
    for (const name of this.value.keys())
      if (!required.includes(name) && !optional.includes(name)) throw this.refuse(name, "is unknown");
  }

  has(name: string): boolean {
    return this.value.has(name);
  }

  get(name: string): Json {
    return this.value.get(name) ?? null;
  }

  text(name: string, most = MAX_TEXT): string {
    const value = this.value.get(name);
    if (typeof value !== "string" || (value.length > most && characters(value) > most))
      throw this.refuse(name, `is not text of at most ${most} characters`);
    return value;
  }

  integer(name: string, least = 0, most = MAX_INT): number {
    const value = this.value.get(name);
    if (typeof value !== "number" || value < least || value > most)
      throw this.refuse(name, `is not an integer from ${least} to ${most}`);
    return value;
  }

  boolean(name: string): boolean {
    const value = this.value.get(name);
    if (typeof value !== "boolean") throw this.refuse(name, "is neither true nor false");
    return value;
  }

  /** `size` bytes in lower-case hexadecimal, without 0x: digests and salts of ours. */
  hex(name: string, size: number): Bytes {
    return this.readHex(name, this.value.get(name), "", size, size);
  }

  /** `size` bytes in lower-case hexadecimal after 0x: hashes and addresses of a chain. */
  evmHex(name: string, size: number): Bytes {
    return this.readHex(name, this.value.get(name), "0x", size, size);
  }

  evmBytes(name: string, most: number): Bytes {
    return this.readHex(name, this.value.get(name), "0x", 1, most);
  }

  /** `size` bytes in standard base64 with padding. */
  base64(name: string, size: number): Bytes {
    const value = this.base64Bytes(name, size);
    if (value.length !== size) throw this.refuse(name, `is not ${size} bytes in base64`);
    return value;
  }

  base64Bytes(name: string, most: number): Bytes {
    return this.readBase64(name, this.value.get(name), most);
  }

  hexList(name: string, count: number, size: number): Bytes[] {
    return this.items(name, count).map((item) => this.readHex(name, item, "", size, size));
  }

  base64List(name: string, count: number, most: number): Bytes[] {
    return this.items(name, count).map((item) => this.readBase64(name, item, most));
  }

  evmHexList(name: string, count: number, least: number, most: number): Bytes[] {
    return this.items(name, count).map((item) => this.readHex(name, item, "0x", least, most));
  }

  object(name: string): Reader {
    return new Reader(this.value.get(name), `${this.what}'s ${name}`, this.Fault);
  }

  /** What `read` makes of at most `count` objects, one after the other. */
  each<T>(name: string, count: number, read: (item: Reader) => T): T[] {
    return this.items(name, count).map((item) => read(new Reader(item, `${this.what}'s ${name}`, this.Fault)));
  }

  items(name: string, count: number): Json[] {
    const value = this.value.get(name);
    if (!Array.isArray(value) || value.length > count) throw this.refuse(name, `is not a list of at most ${count}`);
    return value;
  }

  private readBase64(name: string, text: Json | undefined, most: number): Bytes {
    if (typeof text === "string" && text.length <= 4 * Math.floor((most + 2) / 3)) {
      const value = unbase64(text);
      if (value !== null && value.length > 0 && value.length <= most) return value;
    }
    throw this.refuse(name, `is not 1 to ${most} bytes in base64`);
  }

  private readHex(name: string, text: Json | undefined, prefix: string, least: number, most: number): Bytes {
    if (typeof text === "string" && text.startsWith(prefix) && text.length <= prefix.length + 2 * most) {
      const value = unhex(text.slice(prefix.length));
      if (value !== null && value.length >= least) return value;
    }
    const wanted = least !== most ? `${least} to ${most}` : String(least);
    throw this.refuse(name, `is not ${wanted} bytes in lower-case hexadecimal${prefix ? " after 0x" : ""}`);
  }
}

/** How a chain's hashes, addresses and raw bytes are written. */
export function evm(value: Bytes): string {
  return "0x" + hex(value);
}

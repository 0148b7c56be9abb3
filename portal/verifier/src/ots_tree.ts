// The tree inside an OpenTimestamps proof: read and recomputed. All of it is bounded. As notary/timestamps/ots_tree.py.

import { type Bytes, EMPTY, concat, hex, keccak256, reversed, sha256, utf8, digest } from "./bytes";
import { OtsInvalid } from "./errors";

const MAX_MESSAGE_BYTES = 4096;
const MAX_PAYLOAD_BYTES = 8192;
const MAX_URI_BYTES = 1000;
const MAX_PATH = 256;
const MAX_VARUINT_BYTES = 9;
const MAX_OPERATIONS = 4096;
const MAX_ATTESTATIONS = 256;

export const SHA256 = 0x08;
export const NAMES: Readonly<Record<number, string>> = {
  0xf0: "append", 0xf1: "prepend", 0xf2: "reverse", 0xf3: "hexlify", 0x02: "sha1", 0x03: "ripemd160", 0x08: "sha256",
  0x67: "keccak256",
};
export const DIGEST_SIZES: Readonly<Record<number, number>> = { 0x02: 20, 0x03: 20, 0x08: 32, 0x67: 32 };

export type Kind = "pending" | "bitcoin" | "litecoin" | "ethereum" | "unknown";
const KINDS: Readonly<Record<string, Kind>> = {
  "83dfe30d2ef90c8e": "pending",
  "0588960d73d71901": "bitcoin",
  "06869a0d73d71b45": "litecoin",
  "30fe8087b5c7ead7": "ethereum",
};

/** That `message` existed at some time: by a calendar's promise (`uri`), or a block's (`height`). */
export interface Attestation {
  kind: Kind;
  message: Bytes;
  uri: string;
  height: bigint | null;
}

export function invalid(detail: string): OtsInvalid {
  return new OtsInvalid("ots-invalid", detail);
}

/** Reads one file from its first byte on; counts what it has built. Attestations of a message come before those below. */
export class OtsReader {
  private at = 0;
  private operations = 0;
  private attestationsRead = 0;

  constructor(private readonly data: Bytes) {}

  take(count: number | bigint, what: string): Bytes {
    if (BigInt(this.at) + BigInt(count) > BigInt(this.data.length))
      throw invalid(`${what} of ${count} bytes at byte ${this.at} is cut off: ${this.data.length} bytes in all`);
    const end = this.at + Number(count);
    const piece = this.data.slice(this.at, end);
    this.at = end;
    return piece;
  }

  finish(): void {
    if (this.at !== this.data.length)
      throw invalid(`${this.data.length - this.at} bytes are left over after the end at byte ${this.at}`);
  }

  /** All attestations of `message` and below it. */
  node(message: Bytes, depth = 1): Attestation[] {
    if (depth > MAX_PATH) throw invalid(`a path has more than ${MAX_PATH} messages`);
    const own: Attestation[] = [];
    const below: Attestation[] = [];
    for (let more = true; more; ) {
      let tag = this.take(1, "a tag")[0];
      more = tag === 0xff;
      if (more) tag = this.take(1, "a tag")[0];
      if (tag === 0x00) own.push(this.attestation(message));
      else below.push(...this.node(this.operate(tag, message), depth + 1));
    }
    return [...own, ...below];
  }

  private operate(tag: number, message: Bytes): Bytes {
    const name = NAMES[tag];
    if (name === undefined)
      throw invalid(`operation 0x${tag.toString(16).padStart(2, "0")} at byte ${this.at - 1} is unknown, nothing below it can be checked`);
    this.operations += 1;
    if (this.operations > MAX_OPERATIONS) throw invalid(`it has more than ${MAX_OPERATIONS} operations`);
    const isJoin = tag === 0xf0 || tag === 0xf1;
    const argument = isJoin ? this.varbytes(`the argument of ${name}`, 1, MAX_MESSAGE_BYTES) : EMPTY;
    const size = isJoin ? message.length + argument.length : tag === 0xf3 ? 2 * message.length : message.length;
    if (size > MAX_MESSAGE_BYTES) throw invalid(`${name} gives ${size} bytes, at most ${MAX_MESSAGE_BYTES} are allowed`);
    switch (tag) {
      case 0xf0:
        return concat(message, argument);
      case 0xf1:
        return concat(argument, message);
      case 0xf2:
        return reversed(message);
      case 0xf3:
        return utf8(hex(message));
      case 0x08:
        return sha256(message);
      case 0x67:
        return keccak256(message);
      default:
        return digest(name, message);
    }
  }

  private attestation(message: Bytes): Attestation {
    this.attestationsRead += 1;
    if (this.attestationsRead > MAX_ATTESTATIONS) throw invalid(`it has more than ${MAX_ATTESTATIONS} attestations`);
    const tag = this.take(8, "an attestation's tag");
    const payload = this.varbytes("an attestation", 0, MAX_PAYLOAD_BYTES);
    const kind = KINDS[hex(tag)] ?? "unknown";
    if (kind === "unknown") return { kind, message, uri: "", height: null };
    const inner = new OtsReader(payload);
    if (kind === "pending") {
      const uri = inner.varbytes("a calendar's address", 0, MAX_URI_BYTES);
      inner.finish();
      const text = String.fromCharCode(...uri);
      if (!/^[A-Za-z0-9\-._/:]*$/.test(text))
        throw invalid("a calendar's address has characters outside A-Z a-z 0-9 - . _ / :");
      return { kind, message, uri: text, height: null };
    }
    const height = inner.varuint("a block's height");
    inner.finish();
    return { kind, message, uri: "", height };
  }

  private varbytes(what: string, least: number, most: number): Bytes {
    const size = this.varuint(`the length of ${what}`);
    if (size < BigInt(least) || size > BigInt(most)) throw invalid(`${what} has ${size} bytes, not ${least} to ${most}`);
    return this.take(size, what);
  }

  private varuint(what: string): bigint {
    let value = 0n;
    for (let place = 0; place < MAX_VARUINT_BYTES; place++) {
      const byte = this.take(1, what)[0];
      value |= BigInt(byte & 0x7f) << BigInt(7 * place);
      if (byte < 0x80) return value;
    }
    throw invalid(`${what} has more than ${MAX_VARUINT_BYTES} bytes`);
  }
}

// A file of Bitcoin headers, 80 bytes each, checked as a chain. As HeaderChain in notary/timestamps/bitcoin.py.
//
//     1  Each header has the hash of the one before it.
//     2  Each hash meets its target, and no target is easier than the network allows.
//     3  A target changes at multiples of 2016 alone, to what the times of the blocks before make it.
//     4  A chain from block 0 on begins with the network's genesis block, and has the later blocks that are known.

import { type Bytes, bigEndian, compare, equal, fromHex, hex, reversed, sha256 } from "./bytes";
import { BitcoinHeaderInvalid } from "./errors";
import { HEADER_BYTES, shownBits, targetOf } from "./ots";

const MAX_HEADERS = 4_000_000;
const BLOCKS_PER_TARGET = 2016;
const SECONDS_PER_TARGET = 14 * 24 * 3600;
const MAX_FACTOR = 4;

/** Rules of one chain of blocks; hashes in header order. */
export interface Network {
  name: string;
  limitBits: number;
  genesis: Bytes;
  retargets: boolean;
  known: [number, Bytes][];
}

export const MAINNET: Network = {
  name: "mainnet",
  limitBits: 0x1d00ffff,
  genesis: reversed(fromHex("000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f")),
  retargets: true,
  known: [
    [358391, reversed(fromHex("000000000000000003e892881a8cdcdc117c06d444057c98b6f04a9ee75a2319"))],
    [428648, reversed(fromHex("000000000000000000ca478eb185560e1f1178746ee05e3d9bc9a31765f6f4a3"))],
  ],
};

/** Bytes that need not be in memory. */
export interface Raw {
  name: string;
  size: number;
  read(begin: number, end: number): Promise<Bytes>;
}

/** Consecutive headers, wholly checked when opened. */
export class HeaderChain {
  readonly lastHeight: number;

  private constructor(
    private readonly raw: Raw,
    readonly firstHeight: number,
    private readonly network: Network,
  ) {
    this.lastHeight = firstHeight + raw.size / HEADER_BYTES - 1;
  }

  /** `advance` is told how much of it was checked, 0 to 1. Raises BitcoinHeaderInvalid. */
  static async open(raw: Raw, firstHeight: number, network = MAINNET, advance: (share: number) => void = () => {}): Promise<HeaderChain> {
    const most = MAX_HEADERS * HEADER_BYTES;
    if (!raw.size || raw.size > most) throw invalid(`${raw.name} has ${raw.size} bytes, not ${HEADER_BYTES} to ${most}`);
    if (raw.size % HEADER_BYTES) throw invalid(`headers have ${HEADER_BYTES} bytes each, ${raw.size} bytes are no whole number`);
    const chain = new HeaderChain(raw, firstHeight, network);
    await chain.check(advance);
    return chain;
  }

  /** The 80 bytes of that block; null if it is not among them. */
  async at(height: number): Promise<Bytes | null> {
    return height >= this.firstHeight && height <= this.lastHeight ? this.slice(height, height + 1) : null;
  }

  private slice(begin: number, end: number): Promise<Bytes> {
    return this.raw.read((begin - this.firstHeight) * HEADER_BYTES, (end - this.firstHeight) * HEADER_BYTES);
  }

  private async check(advance: (share: number) => void): Promise<void> {
    let previous: Bytes | null = null;
    for (let begin = this.firstHeight; begin <= this.lastHeight; ) {
      const end = Math.min(begin + BLOCKS_PER_TARGET - (begin % BLOCKS_PER_TARGET), this.lastHeight + 1);
      const part = await this.slice(begin, end);
      await this.checkTarget(begin, bitsOf(part));
      previous = this.checkPart(begin, part, previous);
      begin = end;
      advance((begin - this.firstHeight) / (this.lastHeight + 1 - this.firstHeight));
    }
    for (const [height, known] of this.network.known) {
      const raw = await this.at(height);
      if (raw && !equal(blockHash(raw), known))
        throw invalid(`block ${height} is ${shownHash(blockHash(raw))}, ${this.network.name} has ${shownHash(known)}`);
    }
  }

  /** Check headers of one target; the last one's hash. */
  private checkPart(begin: number, part: Bytes, before: Bytes | null): Bytes {
    const bits = bitsOf(part);
    const target = bigEndian(targetOf(bits), 32);
    let previous = before;
    for (let at = 0; at < part.length; at += HEADER_BYTES) {
      const raw = part.subarray(at, at + HEADER_BYTES);
      const height = begin + at / HEADER_BYTES;
      const hash = blockHash(raw);
      if (previous && !equal(raw.subarray(4, 36), previous)) throw invalid(`block ${height} does not follow the one before it`);
      if (bitsOf(raw) !== bits) {
        const where = `between two multiples of ${BLOCKS_PER_TARGET}`;
        throw invalid(`block ${height} changes the target from ${shownBits(bits)} ${where}`);
      }
      if (compare(reversed(hash), target) > 0) throw invalid(`block ${height}: hash ${shownHash(hash)} does not meet ${shownBits(bits)}`);
      if (!previous && begin === 0 && !equal(hash, this.network.genesis)) {
        const { name, genesis } = this.network;
        throw invalid(`block 0 is ${shownHash(hash)}, ${name} begins with ${shownHash(genesis)}`);
      }
      previous = hash;
    }
    return previous as Bytes;
  }

  /** Check the target that begins at `height`: a multiple of 2016, or the chain's first. */
  private async checkTarget(height: number, bits: number): Promise<void> {
    const limit = targetOf(this.network.limitBits);
    const target = targetOf(bits);
    if (target > limit) throw invalid(`block ${height}: target ${shownBits(bits)} is easier than ${this.network.name} allows`);
    if (height === this.firstHeight) return;
    const last = await this.slice(height - 1, height);
    const before = targetOf(bitsOf(last));
    let [fits, expected] = [bits === bitsOf(last), shownBits(bitsOf(last))];
    if (this.network.retargets && height - BLOCKS_PER_TARGET >= this.firstHeight) {
      const first = await this.slice(height - BLOCKS_PER_TARGET, height - BLOCKS_PER_TARGET + 1);
      const right = this.nextBits(bitsOf(last), timeOf(last) - timeOf(first));
      [fits, expected] = [bits === right, shownBits(right)];
    } else if (this.network.retargets) {
      const factor = BigInt(MAX_FACTOR);
      const least = targetOf(compact(before / factor));
      const most = before * factor < limit ? before * factor : limit;
      [fits, expected] = [least <= target && target <= most, `within a factor of ${MAX_FACTOR} of ${expected}`];
    }
    if (!fits) throw invalid(`block ${height} has target ${shownBits(bits)}, it must be ${expected}`);
  }

  private nextBits(bits: number, seconds: number): number {
    const bounded = Math.min(Math.max(seconds, SECONDS_PER_TARGET / MAX_FACTOR), SECONDS_PER_TARGET * MAX_FACTOR);
    const [next, limit] = [(targetOf(bits) * BigInt(bounded)) / BigInt(SECONDS_PER_TARGET), targetOf(this.network.limitBits)];
    return compact(next < limit ? next : limit);
  }
}

/** The compact form of a target, rounded down to three significant bytes; the first bit of these is never set. */
function compact(target: bigint): number {
  let size = Math.ceil(target.toString(2).length / 8);
  let word = Number(size < 3 ? target << BigInt(8 * (3 - size)) : target >> BigInt(8 * (size - 3)));
  if (word & 0x800000) [word, size] = [word >> 8, size + 1];
  return size * 2 ** 24 + word;
}

function blockHash(raw: Bytes): Bytes {
  return sha256(sha256(raw));
}

function shownHash(hash: Bytes): string {
  return hex(reversed(hash));
}

function bitsOf(raw: Bytes): number {
  return new DataView(raw.buffer, raw.byteOffset).getUint32(72, true);
}

function timeOf(raw: Bytes): number {
  return new DataView(raw.buffer, raw.byteOffset).getUint32(68, true);
}

function invalid(detail: string): BitcoinHeaderInvalid {
  return new BitcoinHeaderInvalid(detail);
}

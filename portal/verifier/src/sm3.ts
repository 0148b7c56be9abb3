// SM3, the Chinese standard hash, in pieces: noble has none. Source: GB/T 32905-2016 (draft-sca-cfrg-sm3-02).

import { type Bytes, bigEndian, concat } from "./bytes";

const START = [0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e];
const turn = (word: number, by: number): number => (word << by % 32) | (word >>> (32 - (by % 32)));
const turned = (word: number, by: number): number => (by % 32 ? turn(word, by) : word);

export class Sm3 {
  private state = [...START];
  private left: Bytes = new Uint8Array(0);
  private size = 0;

  update(data: Bytes): this {
    this.size += data.length;
    const all = concat(this.left, data);
    const whole = all.length - (all.length % 64);
    for (let at = 0; at < whole; at += 64) this.block(all.subarray(at, at + 64));
    this.left = all.slice(whole);
    return this;
  }

  digest(): Bytes {
    const padding = new Uint8Array((this.size % 64 < 56 ? 56 : 120) - (this.size % 64));
    padding[0] = 0x80;
    this.update(concat(padding, bigEndian(BigInt(this.size) * 8n, 8)));
    return concat(...this.state.map((word) => bigEndian(word >>> 0, 4)));
  }

  private block(block: Bytes): void {
    const view = new DataView(block.buffer, block.byteOffset, 64);
    const words = Array.from({ length: 16 }, (_, at) => view.getInt32(4 * at));
    for (let at = 16; at < 68; at++) {
      const mixed = words[at - 16] ^ words[at - 9] ^ turn(words[at - 3], 15);
      words.push(mixed ^ turn(mixed, 15) ^ turn(mixed, 23) ^ turn(words[at - 13], 7) ^ words[at - 6]);
    }
    let [a, b, c, d, e, f, g, h] = this.state;
    for (let at = 0; at < 64; at++) {
      const one = turn((turn(a, 12) + e + turned(at < 16 ? 0x79cc4519 : 0x7a879d8a, at)) | 0, 7);
      const two = one ^ turn(a, 12);
      const ff = at < 16 ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
      const gg = at < 16 ? e ^ f ^ g : (e & f) | (~e & g);
      const first = (ff + d + two + (words[at] ^ words[at + 4])) | 0;
      const second = (gg + h + one + words[at]) | 0;
      [d, c, b, a] = [c, turn(b, 9), a, first];
      [h, g, f, e] = [g, turn(f, 19), e, second ^ turn(second, 9) ^ turn(second, 17)];
    }
    const worked = [a, b, c, d, e, f, g, h];
    this.state = this.state.map((word, at) => word ^ worked[at]);
  }
}

export function sm3(data: Bytes): Bytes {
  return new Sm3().update(data).digest();
}

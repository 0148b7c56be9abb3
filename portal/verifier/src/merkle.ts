// Merkle trees as in RFC 9162, section 2.1: SHA-256, leaf prefix 00, node prefix 01, an odd last node is carried up.

import { type Bytes, EMPTY, concat, equal, hex, sha256 } from "./bytes";
import { ConsistencyInvalid, ProofInvalid } from "./errors";

export const HASH_SIZE = 32;
export const MAX_SIZE = 2 ** 53 - 1;
export const MAX_PATH = 53;
export const EMPTY_ROOT = sha256(EMPTY);
const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** Where an entry is in a tree: index < size, and the sibling hashes of 32 bytes, leaf level first. */
export interface Inclusion {
  index: number;
  size: number;
  path: Bytes[];
}

export function leafHash(data: Bytes): Bytes {
  return sha256(LEAF, data);
}

export function nodeHash(left: Bytes, right: Bytes): Bytes {
  return sha256(NODE, left, right);
}

/** The root hash over `leafHashes`; of none it is SHA-256 of the empty string. */
export function root(leafHashes: readonly Bytes[]): Bytes {
  if (!leafHashes.length) return EMPTY_ROOT;
  let level = [...leafHashes];
  while (level.length > 1) {
    const above: Bytes[] = [];
    for (let at = 0; at < level.length; at += 2)
      above.push(at + 1 < level.length ? nodeHash(level[at], level[at + 1]) : level[at]);
    level = above;
  }
  return level[0];
}

// Indexes have up to 53 bits, so they are halved by division: JavaScript's shifts know 32.
const half = (number: number): number => Math.floor(number / 2);
const isOdd = (number: number): boolean => number % 2 === 1;

/** Check that `leaf` is entry `index` of the tree. Raises ProofInvalid. Source: RFC 9162, section 2.1.3.2. */
export function verifyInclusion(leaf: Bytes, index: number, size: number, path: readonly Bytes[], expected: Bytes): void {
  const refuse = (reason: string): ProofInvalid => new ProofInvalid(index, size, reason);
  if (!(0 <= index && index < size && size <= MAX_SIZE)) throw refuse("there is no such entry");
  if (leaf.length !== HASH_SIZE || path.some((sibling) => sibling.length !== HASH_SIZE))
    throw refuse(`every hash must have ${HASH_SIZE} bytes`);
  let fn = index;
  let sn = size - 1;
  let result = leaf;
  for (const sibling of path) {
    if (sn === 0) throw refuse(`the path of ${path.length} hashes is too long`);
    if (isOdd(fn) || fn === sn) {
      result = nodeHash(sibling, result);
      while (!isOdd(fn) && fn) [fn, sn] = [half(fn), half(sn)];
    } else result = nodeHash(result, sibling);
    [fn, sn] = [half(fn), half(sn)];
  }
  if (sn !== 0) throw refuse(`the path of ${path.length} hashes is too short`);
  if (!equal(result, expected)) throw refuse(`the path leads to ${hex(result)}, not to the root ${hex(expected)}`);
}

/** Check that the newer tree has the older one as its beginning. Raises ConsistencyInvalid. RFC 9162, 2.1.4.2. */
export function verifyConsistency(
  oldSize: number,
  newSize: number,
  oldRoot: Bytes,
  newRoot: Bytes,
  path: readonly Bytes[],
): void {
  const refuse = (reason: string): ConsistencyInvalid => new ConsistencyInvalid(oldSize, newSize, reason);
  if (!(0 < oldSize && oldSize <= newSize && newSize <= MAX_SIZE)) throw refuse("the sizes must be 0 < old <= new");
  if (path.some((one) => one.length !== HASH_SIZE)) throw refuse(`every hash must have ${HASH_SIZE} bytes`);
  if (oldSize === newSize) {
    if (path.length) throw refuse("trees of the same size need no path");
    if (!equal(oldRoot, newRoot)) throw refuse("two roots for the same size");
    return;
  }
  const isPower = Number.isInteger(Math.log2(oldSize)) && 2 ** Math.log2(oldSize) === oldSize;
  const hashes = isPower ? [oldRoot, ...path] : [...path];
  if (!hashes.length) throw refuse("the path is too short");
  let [fn, sn] = [oldSize - 1, newSize - 1];
  while (isOdd(fn)) [fn, sn] = [half(fn), half(sn)];
  let oldResult = hashes[0];
  let newResult = hashes[0];
  for (const one of hashes.slice(1)) {
    if (sn === 0) throw refuse(`the path of ${path.length} hashes is too long`);
    if (isOdd(fn) || fn === sn) {
      oldResult = nodeHash(one, oldResult);
      newResult = nodeHash(one, newResult);
      while (!isOdd(fn) && fn) [fn, sn] = [half(fn), half(sn)];
    } else newResult = nodeHash(newResult, one);
    [fn, sn] = [half(fn), half(sn)];
  }
  if (sn !== 0) throw refuse(`the path of ${path.length} hashes is too short`);
  if (!equal(oldResult, oldRoot))
    throw refuse(`the path leads to the old root ${hex(oldResult)}, not to ${hex(oldRoot)}`);
  if (!equal(newResult, newRoot))
    throw refuse(`the path leads to the new root ${hex(newResult)}, not to ${hex(newRoot)}`);
}

/** The bytes of a tag and a zero, as they stand before what is hashed. */
export function tag(name: string): Bytes {
  return concat(new TextEncoder().encode(name), Uint8Array.of(0));
}

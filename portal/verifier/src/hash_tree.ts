// Hash trees of RFC 4998, from a value to the root. As notary/records/hash_tree.py.

import { type Bytes, HASHES, compare, concat, digest, equal, hex, repr } from "./bytes";
import { HashTreeInvalid } from "./errors";

/** A reduced hash tree: lists of values, the object's own first. */
export type Lists = readonly (readonly Bytes[])[];

/** The hashes that tokens stamp and trees are made with. */
export const TREE_HASHES = ["sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512"];

/** The root that the lists lead to from the values of one group. Raises HashTreeInvalid. */
export function rootOf(lists: Lists, values: readonly Bytes[], hashName: string): Bytes {
  checkSizes(values, hashName);
  if (!lists.length) return nodeOf(values, hashName);
  for (const level of lists) checkSizes(level, hashName);
  const missing = values.find((value) => !holds(lists[0], value));
  if (missing) throw new HashTreeInvalid(`${hex(missing)} is not among the ${lists[0].length} values of the first list`);
  return lists.slice(1).reduce((node, level) => nodeOf([...level, node], hashName), nodeOf(lists[0], hashName));
}

export function holds(list: readonly Bytes[], value: Bytes): boolean {
  return list.some((one) => equal(one, value));
}

function nodeOf(values: readonly Bytes[], hashName: string): Bytes {
  return values.length === 1 ? values[0] : digest(hashName, concat(...[...values].sort(compare)));
}

/** Check that there are values and each has the hash's size. */
function checkSizes(values: readonly Bytes[], hashName: string): void {
  if (!TREE_HASHES.includes(hashName)) throw new HashTreeInvalid(`${repr(hashName)} is no hash that trees are read with`);
  if (!values.length) throw new HashTreeInvalid("a list of hash values is empty");
  const size = HASHES[hashName].outputLen;
  for (const value of values)
    if (value.length !== size)
      throw new HashTreeInvalid(`a value of ${value.length} bytes is none of ${hashName}, which has ${size}`);
}

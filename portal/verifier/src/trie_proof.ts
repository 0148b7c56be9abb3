// Check that a Merkle-Patricia trie holds a value under a key. Source: Ethereum Yellow Paper, appendices C and D.

import { type Bytes, equal, keccak256 } from "./bytes";
import { EvmProofInvalid, RlpInvalid } from "./errors";
import { type Item, decodeList, encode } from "./rlp";

export const MAX_NODES = 64;

/** The value under `key` in the trie with root hash `root`; each node is needed, and no other. Raises EvmProofInvalid. */
export function proveValue(root: Bytes, key: Bytes, nodes: readonly Bytes[]): Bytes {
  if (nodes.length > MAX_NODES) throw invalid(`it has ${nodes.length} nodes, at most ${MAX_NODES} are allowed`);
  let path = nibblesOf(key);
  const given = [...nodes];
  let reference: Item = root;
  for (;;) {
    const node = resolve(reference, given);
    if (node.length === 17) {
      if (!path.length) return finish(node[16], given);
      reference = node[path[0]];
      path = path.slice(1);
    } else if (node.length === 2) {
      const [part, isLeaf] = hexPrefix(node[0]);
      if (part.some((nibble, at) => path[at] !== nibble) || (isLeaf && part.length !== path.length))
        throw invalid("a node on the path belongs to another key");
      path = path.slice(part.length);
      if (isLeaf) return finish(node[1], given);
      if (!part.length) throw invalid("an extension node extends by nothing");
      reference = node[1];
    } else throw invalid(`a node has ${node.length} items, neither 17 nor 2`);
  }
}

function resolve(reference: Item, given: Bytes[]): Item[] {
  if (Array.isArray(reference)) {
    if (encode(reference).length >= 32) throw invalid("a node of 32 bytes or more stands inside its parent");
    return reference;
  }
  if (reference.length !== 32) throw invalid("the path ends where the trie has nothing");
  const encoded = given.shift();
  if (encoded === undefined) throw invalid("nodes are missing at its end");
  if (!equal(keccak256(encoded), reference)) throw invalid("a node does not have the hash that its parent names");
  try {
    return decodeList(encoded);
  } catch (exc) {
    if (exc instanceof RlpInvalid) throw invalid(exc.message);
    throw exc;
  }
}

function nibblesOf(bytes: Bytes): number[] {
  return [...bytes].flatMap((byte) => [byte >> 4, byte & 15]);
}

function hexPrefix(item: Item): [number[], boolean] {
  if (Array.isArray(item) || !item.length || item[0] >> 4 > 3) throw invalid("a short node has no valid prefix");
  const nibbles = nibblesOf(item);
  const flags = nibbles[0];
  if (!(flags & 1) && nibbles[1] !== 0) throw invalid("a short node has no valid prefix");
  return [nibbles.slice(flags & 1 ? 1 : 2), Boolean(flags & 2)];
}

function finish(value: Item, given: readonly Bytes[]): Bytes {
  if (Array.isArray(value) || !value.length) throw invalid("the trie has no value there");
  if (given.length) throw invalid("it has nodes that are not needed");
  return value;
}

function invalid(detail: string): EvmProofInvalid {
  return new EvmProofInvalid("trie-path-invalid", `the trie path is not valid: ${detail}`);
}

// OpenTimestamps proofs: checked and judged. As notary/timestamps/ots.py and bitcoin.py.

import { type Bytes, equal, fromHex, hex, reversed, sha256, toBigInt } from "./bytes";
import { BitcoinHeaderInvalid, OtsInvalid, OtsUnconfirmed } from "./errors";
import { type Attestation, DIGEST_SIZES, NAMES, OtsReader, SHA256, invalid } from "./ots_tree";

const MAGIC = fromHex("004f70656e54696d657374616d7073000050726f6f6600bf89e2e884e89294");
const VERSION = 0x01;
const MAX_PROOF_BYTES = 64 * 1024;
export const UNCERTAINTY_SECONDS = 2 * 3600;
export const HEADER_BYTES = 80;
const LIMIT_BITS = { mainnet: 0x1d00ffff, regtest: 0x207fffff };

/** A header whose hash meets its own target; hashes in header order. */
export interface BlockHeader {
  merkleRoot: Bytes;
  time: number;
  hash: Bytes;
}

/** Read a header and check its work. Raises BitcoinHeaderInvalid. */
export function readBlockHeader(raw: Bytes, network: keyof typeof LIMIT_BITS): BlockHeader {
  if (raw.length !== HEADER_BYTES)
    throw new BitcoinHeaderInvalid(`a Bitcoin header has ${HEADER_BYTES} bytes, this has ${raw.length}`);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
  const bits = view.getUint32(72, true);
  const hash = sha256(sha256(raw));
  const target = targetOf(bits);
  if (target > targetOf(LIMIT_BITS[network]))
    throw new BitcoinHeaderInvalid(`target ${shownBits(bits)} is easier than ${network} allows`);
  if (toBigInt(reversed(hash)) > target)
    throw new BitcoinHeaderInvalid(`block hash ${hex(reversed(hash))} does not meet its target ${shownBits(bits)}`);
  return { merkleRoot: raw.slice(36, 68), time: view.getUint32(68, true), hash };
}

/** The target that compact bits encode. Raises BitcoinHeaderInvalid. */
export function targetOf(bits: number): bigint {
  const size = bits >>> 24;
  const word = BigInt(bits & 0x7fffff);
  const target = size < 3 ? word >> BigInt(8 * (3 - size)) : word << BigInt(8 * (size - 3));
  if (bits & 0x800000 || !target || target >> 256n) throw new BitcoinHeaderInvalid(`target ${shownBits(bits)} is none`);
  return target;
}

export function shownBits(bits: number): string {
  return "0x" + bits.toString(16).padStart(8, "0");
}

/** All attestations of an .ots file that must be of `document`, under SHA-256. Raises OtsInvalid. */
export function checkProof(data: Bytes, document: Bytes): Attestation[] {
  if (data.length > MAX_PROOF_BYTES)
    throw invalid(`the proof has ${data.length} bytes, at most ${MAX_PROOF_BYTES} are allowed`);
  const reader = new OtsReader(data);
  if (!equal(reader.take(MAGIC.length, "the beginning of an .ots file"), MAGIC))
    throw invalid("this does not begin like an .ots file");
  const version = reader.take(1, "the version")[0];
  if (version !== VERSION) throw invalid(`version ${version} is unknown; this program reads version ${VERSION}`);
  const tag = reader.take(1, "the hash function's tag")[0];
  if (!(tag in DIGEST_SIZES)) throw invalid(`hash function 0x${tag.toString(16).padStart(2, "0")} is unknown`);
  const stated = reader.take(DIGEST_SIZES[tag], "the digest");
  const attestations = reader.node(stated);
  reader.finish();
  if (tag !== SHA256) throw new OtsInvalid("ots-digest-differs", `the proof is of a ${NAMES[tag]} digest, not of SHA-256`);
  const own = sha256(document);
  if (!equal(stated, own)) {
    const [proof, had] = [hex(stated).slice(0, 16), hex(own).slice(0, 16)];
    throw new OtsInvalid("ots-digest-differs", `the proof is of ${proof}..., the document is ${had}...`);
  }
  return attestations;
}

/** The Merkle root that a Bitcoin attestation says its block has. Raises OtsInvalid. */
export function bitcoinRoot(attestation: Attestation): Bytes {
  if (attestation.message.length !== 32)
    throw new OtsInvalid(
      "bitcoin-root-differs",
      `Bitcoin block ${attestation.height} is said to attest ${attestation.message.length} bytes; a root has 32`,
    );
  return attestation.message;
}

/** The lowest block that a Bitcoin attestation fits, of those whose headers the verifier has. */
export function judge(
  attestations: readonly Attestation[],
  headers: ReadonlyMap<bigint, BlockHeader>,
): { height: bigint; header: BlockHeader } {
  const found: { height: bigint; header: BlockHeader }[] = [];
  const unknown = new Set<bigint>();
  let firstError: OtsInvalid | null = null;
  for (const attestation of attestations) {
    if (attestation.kind !== "bitcoin" || attestation.height === null) continue;
    const header = headers.get(attestation.height);
    if (header === undefined) {
      unknown.add(attestation.height);
      continue;
    }
    try {
      checkAttestation(attestation, header);
      found.push({ height: attestation.height, header });
    } catch (exc) {
      if (!(exc instanceof OtsInvalid)) throw exc;
      firstError ??= exc;
    }
  }
  if (found.length) return found.reduce((best, one) => (one.height < best.height ? one : best));
  if (firstError) throw firstError;
  if (unknown.size) {
    const heights = [...unknown].sort((a, b) => (a < b ? -1 : 1)).slice(0, 5);
    throw new OtsUnconfirmed("bitcoin-header-unknown", `no header is known here of Bitcoin block ${heights.join(", ")}`);
  }
  throw new OtsUnconfirmed("ots-attestation-unknown", `none of the ${attestations.length} attestations is of a kind that is judged here`);
}

function checkAttestation(attestation: Attestation, header: BlockHeader): void {
  const root = bitcoinRoot(attestation);
  if (!equal(root, header.merkleRoot)) {
    const [known, led] = [header.merkleRoot, root].map((one) => hex(reversed(one)).slice(0, 16));
    throw new OtsInvalid(
      "bitcoin-root-differs",
      `Bitcoin block ${attestation.height} has the Merkle root ${known}..., the proof leads to ${led}...`,
    );
  }
}

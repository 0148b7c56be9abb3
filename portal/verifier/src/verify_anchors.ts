// Checks 7 and 8 of single anchors: whether each one's own proof holds, and whether its outside fact is known.

import { type Bytes, hex, reversed, sha256, utc, utf8 } from "./bytes";
import type { SignedCheckpoint } from "./checkpoint";
import { BitcoinHeaderInvalid, EvmProofInvalid, OtsInvalid, OtsUnconfirmed, type ReasonedError, TokenInvalid, TokenUntrusted } from "./errors";
import { type EvmAnchor, type Header, verifyAnchor } from "./evm_proof";
import { type BlockHeader, UNCERTAINTY_SECONDS, bitcoinRoot, checkProof, judge, readBlockHeader } from "./ots";
import type { Attestation } from "./ots_tree";
import { evm } from "./reading";
import type { Anchor } from "./receipt";
import { type Reason, type Status, refused, said } from "./said";
import { AUTHORITY_UNCERTAINTY, type Trust, type TrustedAuthority } from "./trust";
import { type Token, checkToken, judgeByAll, readToken, uncertainty } from "./tsp";
import { type AnchorResult, type Check, check } from "./verdict";

const CALENDARS_SHOWN = 32;
const OPEN: readonly string[] = ["token-certificate-missing", "token-algorithm-weak"];
const INVALID = check(8, "INDETERMINATE", said("anchor-does-not-hold"), "anchor-invalid");

/** One result per anchor of a known kind, in their order. */
export function judgeAnchors(anchors: readonly Anchor[], logId: Bytes | null, note: SignedCheckpoint, trust: Trust): AnchorResult[] {
  return anchors.flatMap((anchor): AnchorResult[] => {
    if (anchor.kind === "evm") return [judgeEvm(anchor, logId, note, trust)];
    if (anchor.kind === "rfc3161") return [judgeToken(anchor.token, utf8(note.toText()), trust)];
    if (anchor.kind === "ots") return [judgeOts(anchor.proof, utf8(note.toText()), trust)];
    return [];
  });
}

function decided(number: number, status: Status, error: ReasonedError): Check {
  const reason = error.reason as Reason;
  return check(number, status, refused(error, reason), reason);
}

// EVM

function judgeEvm(anchor: EvmAnchor, logId: Bytes | null, note: SignedCheckpoint, trust: Trust): AnchorResult {
  const { size, root } = note.checkpoint;
  let header: Header | null = null;
  let proof: Check;
  try {
    header = verifyAnchor(anchor, logId, size, root);
    const values = {
      number: anchor.blockNumber,
      chain: anchor.chainId,
      hash: evm(anchor.blockHash),
      contract: evm(anchor.contract),
      size,
      time: utc(header.timestamp),
    };
    proof = check(7, "PASSED", said("evm-holds", values));
  } catch (exc) {
    if (!(exc instanceof EvmProofInvalid)) throw exc;
    proof = decided(7, "FAILED", exc);
  }
  const judged = header && trust.judge(anchor.chainId, anchor.genesis, anchor.contract, anchor.blockNumber, anchor.blockHash);
  return {
    kind: "evm",
    facts: {
      chain_id: anchor.chainId,
      genesis: evm(anchor.genesis),
      block_number: anchor.blockNumber,
      block_hash: evm(anchor.blockHash),
      contract: evm(anchor.contract),
    },
    timestamp: header && header.timestamp,
    proof,
    trust: judged ? check(8, judged.status, judged.said, judged.reason) : INVALID,
    pinned: judged ? judged.pinned : false,
    uncertainty: judged ? judged.uncertainty : 900,
    qualified: false,
  };
}

// RFC 3161

function judgeToken(given: Bytes, note: Bytes, trust: Trust): AnchorResult {
  let token: Token | null = null;
  let signer: Bytes;
  try {
    token = readToken(given);
    const atHand = trust.authorities.flatMap((one) => [...one.certificates, one.root]);
    signer = checkToken(token, note, atHand);
  } catch (exc) {
    if (!(exc instanceof TokenInvalid)) throw exc;
    const openStill = OPEN.includes(exc.reason);
    const own = decided(7, openStill ? "INDETERMINATE" : "FAILED", exc);
    return tokenResult(token, own, openStill ? decided(8, "INDETERMINATE", exc) : INVALID, null);
  }
  const values = { hash: token.hashName, imprint: hex(token.imprint), time: utc(token.genTime) };
  const own = check(7, "PASSED", said("stamp-holds", values));
  try {
    const found = judgeByAll(token, signer, trust.authorities).authority;
    return tokenResult(token, own, check(8, "PASSED", said("stamp-trusted", { name: nameOf(found) })), found);
  } catch (exc) {
    if (!(exc instanceof TokenUntrusted)) throw exc;
    return tokenResult(token, own, decided(8, "INDETERMINATE", exc), null);
  }
}

function nameOf(authority: TrustedAuthority): string {
  return authority.name || `SHA-256 ${hex(sha256(authority.root))}`;
}

function tokenResult(token: Token | null, own: Check, trusted: Check, authority: TrustedAuthority | null): AnchorResult {
  const holds = own.status === "PASSED" ? token : null;
  const configured = authority ? authority.uncertainty : AUTHORITY_UNCERTAINTY;
  return {
    kind: "rfc3161",
    facts: {
      authority: authority && nameOf(authority),
      policy: holds && holds.policy,
      serial: holds && String(holds.serial),
      hash: holds && holds.hashName,
    },
    timestamp: holds && BigInt(holds.genTime),
    proof: own,
    trust: trusted,
    pinned: authority !== null,
    uncertainty: token ? uncertainty(token, configured) : configured,
    qualified: authority !== null && authority.qualified,
  };
}

// OpenTimestamps

function judgeOts(given: Bytes, note: Bytes, trust: Trust): AnchorResult {
  let attestations: Attestation[];
  try {
    attestations = checkProof(given, note);
  } catch (exc) {
    if (!(exc instanceof OtsInvalid)) throw exc;
    return otsResult(decided(7, "FAILED", exc), INVALID);
  }
  const [own, heights] = otsProof(attestations);
  if (own.status !== "PASSED") {
    const uris = new Set(attestations.filter((one) => one.kind === "pending").map((one) => one.uri));
    const trusted = check(8, "INDETERMINATE", own.said, own.reason);
    return { ...otsResult(own, trusted), facts: { height: null, block_hash: null, calendars: [...uris].sort().slice(0, CALENDARS_SHOWN) } };
  }
  return otsKnown(attestations, own, heights, trust);
}

/** Check 7, and the Bitcoin blocks that are named: a promise is no proof. */
function otsProof(attestations: readonly Attestation[]): [Check, bigint[]] {
  const roots = new Map<bigint, Bytes>();
  let wrong: OtsInvalid | null = null;
  for (const attestation of attestations) {
    if (attestation.kind !== "bitcoin" || attestation.height === null) continue;
    try {
      const root = bitcoinRoot(attestation);
      if (!roots.has(attestation.height)) roots.set(attestation.height, root);
    } catch (exc) {
      if (!(exc instanceof OtsInvalid)) throw exc;
      wrong ??= exc;
    }
  }
  if (roots.size) {
    const heights = [...roots.keys()].sort((a, b) => (a < b ? -1 : 1));
    const root = hex(reversed(roots.get(heights[0]) as Bytes));
    return [check(7, "PASSED", said("ots-holds", { height: heights[0], root })), heights];
  }
  if (wrong) return [decided(7, "FAILED", wrong), []];
  const promised = attestations.filter((one) => one.kind === "pending").length;
  if (promised) return [check(7, "INDETERMINATE", said("ots-promised", { count: promised }), "ots-pending"), []];
  return [check(7, "INDETERMINATE", said("ots-unknown", { count: attestations.length }), "ots-attestation-unknown"), []];
}

/** Check 8: the lowest block whose header the verifier knows and that the proof leads to. */
function otsKnown(attestations: readonly Attestation[], own: Check, heights: readonly bigint[], trust: Trust): AnchorResult {
  const known = new Map(trust.bitcoin.map((one) => [BigInt(one.height), one]));
  const lowest = heights[0];
  try {
    const headers = new Map<bigint, BlockHeader>();
    for (const height of heights) {
      const one = known.get(height);
      if (one) headers.set(height, readBlockHeader(one.header, one.regtest ? "regtest" : "mainnet"));
    }
    const found = judge(attestations, headers);
    const source = known.get(found.height);
    const blockHash = hex(reversed(found.header.hash));
    const values = { source: source ? source.source : null, height: found.height, hash: blockHash };
    const trusted = check(8, "PASSED", said("bitcoin-known", values), source?.regtest ? "dev-chain" : null);
    return otsResult(own, trusted, found.height, blockHash, BigInt(found.header.time));
  } catch (exc) {
    if (exc instanceof BitcoinHeaderInvalid) {
      const reason: Reason = "bitcoin-header-invalid";
      return otsResult(own, check(8, "INDETERMINATE", refused(exc, reason), reason), lowest);
    }
    if (exc instanceof OtsUnconfirmed) return otsResult(own, decided(8, "INDETERMINATE", exc), lowest);
    if (exc instanceof OtsInvalid) return otsResult(own, decided(8, "FAILED", exc), lowest);
    throw exc;
  }
}

function otsResult(own: Check, trusted: Check, height: bigint | null = null, blockHash: string | null = null, time: bigint | null = null): AnchorResult {
  return {
    kind: "ots",
    facts: { height, block_hash: blockHash, calendars: [] },
    timestamp: time,
    proof: own,
    trust: trusted,
    pinned: time !== null,
    uncertainty: UNCERTAINTY_SECONDS,
    qualified: false,
  };
}

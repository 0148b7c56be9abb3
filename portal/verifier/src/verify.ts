// Verify a receipt, offline: twelve numbered checks, in this order, the same as notary/verdicts/verify.py.
//
//     1  The receipt parses: format, version, bounds.
//     2  The document has the size and every digest that the claim shows.
//     3  The shown fields are a claim, and lead with their salts to a commitment.
//     4  The commitment is an entry of the log, under the checkpoint's root.
//     5  The checkpoint is signed by the key in the receipt. This says only that: this key signed.
//     6  The case head is the last entry under the same root, and has this case in its map.
//     7  Every anchor's own proof holds.
//     8  At least one anchor's outside fact is known from the verifier's own side, and none is contradicted there.
//     9  The time: an interval.
//    10  One log: the newer head, where one is carried, is of the same log and continues this one.
//    11  Standing: the claim is not superseded, revoked or erased as of the newest head that is carried.
//    12  Custody: who signed the entry that sealed the claim.

import { type Bytes, hex, utc } from "./bytes";
import { DIGEST_SIZES, type Value } from "./claim";
import { claimEntry } from "./commitment";
import { ClaimInvalid, JsonInvalid, ProofInvalid, ReceiptInvalid, ReceiptVersionUnknown, TrustInvalid } from "./errors";
import { type Receipt, receiptFromBytes } from "./receipt";
import { type Reason, type Status, refused, said } from "./said";
import { type KnownTime, Trust, parseBlock } from "./trust";
import {
  type AnchorResult, type Check, type Interval, NO_INTERVAL, type Note, type Seconds, type SignerResult, type Verdict, check,
  saidInterval,
} from "./verdict";
import { judgeAnchors } from "./verify_anchors";
import * as verifyCase from "./verify_case";

const LAST_CHECK = 12;
const FIRST_OPEN = 10;
const NEUTRAL: readonly (Reason | null)[] = [
  "not-carried", "custody-unsigned", "erc1271-offline", "wallet-refused", "signature-unknown", "signature-unsupported",
  "signer-untrusted", "signer-expired",
];

/** A document as it was read: its size, and its digests by the names of DIGEST_SIZES; sha256 is always there. */
export interface DocumentDigests {
  size: number;
  digests: Readonly<Record<string, Bytes>>;
}

/** Which digests of the document its receipt asks for, sha256 always among them. */
export function neededDigests(receipt: Receipt): string[] {
  const shown = receipt.opening.shown();
  return Object.keys(DIGEST_SIZES).filter((name) => name === "sha256" || shown.has(name));
}

/** Verifies many receipts against one trust, doing what several of them share only once. */
export class Verifier {
  private readonly kept = new Map<unknown, Map<unknown, unknown>>();

  constructor(private readonly trust: Trust = new Trust()) {}

  verifyBytes(data: Bytes, document: DocumentDigests | null): Verdict {
    let receipt: Receipt;
    try {
      receipt = receiptFromBytes(data);
    } catch (exc) {
      if (!(exc instanceof ReceiptInvalid)) throw exc;
      return unreadable(exc);
    }
    return this.verify(receipt, document);
  }

  verify(receipt: Receipt, document: DocumentDigests | null): Verdict {
    const shown = receipt.opening.shown();
    const state = receipt.note.checkpoint;

    // 1. The receipt parses: it would not be a Receipt otherwise.
    const parsed = check(1, "PASSED", said("well-formed", { count: receipt.opening.entries.length }));
    // 2. The document.
    const same = checkDocument(shown, document);
    // 3. The commitment.
    const [claimed, commitment] = checkCommitment(receipt);
    // 4. The entry.
    const entered = checkEntry(receipt, commitment);
    // 5. The checkpoint.
    const signed = this.memo(receipt.note, receipt.log, () => verifyCase.signature(5, receipt.log, receipt.note));
    // 6. The case head: its own proof, then whether it is this claim's.
    const proven6 = this.memo(receipt.caseHead, state, () => verifyCase.caseHead(6, receipt.caseHead, state.size, state.root));
    const headed = verifyCase.caseOf(receipt, shown, proven6);
    // 7. The anchors' own proofs, 8. what the verifier knows of them.
    const anchors = this.memo(receipt.anchors, receipt.log, () =>
      judgeAnchors(receipt.anchors, receipt.log.id, receipt.note, this.trust),
    );
    const anchored = checkAnchors(receipt, anchors);
    const known = checkKnown(anchors);
    // 9. The time.
    const before = [parsed, same, claimed, entered, signed, headed, anchored, known];
    const bound = this.bound(shown, known.reason);
    const [timed, interval] = checkTime(before, anchors, bound);

    // 11 and 12 are about a claim that is in the log.
    const proven = entered.status === "PASSED" ? commitment : null;
    // 10. One log.
    const { later } = receipt;
    const laterAnchors = later ? judgeAnchors(later.anchors, receipt.log.id, later.note, this.trust) : [];
    const joined = verifyCase.oneLog(receipt.log, receipt.note, receipt.caseHead.head, later, laterAnchors);
    // 11. The standing.
    const laterDate = joined.status === "PASSED" ? earliest(laterAnchors, known.reason) : null;
    const [stands, standing] = verifyCase.standing(receipt, proven, headed, joined, [interval.notAfter, laterDate]);
    // 12. The custody.
    const [custody, signers] = this.custody(receipt, proven, headed, interval.notAfter);

    const checks = [...before, timed, joined, stands, custody];
    const [status, reason] = overall(checks);
    const newest = standing ? standing.logSize : state.size;
    const notes = notesOf(receipt, shown, anchors, laterAnchors, bound !== null, newest);
    return { status, reason, checks, interval, fields: shown, anchors, notes, standing, signers, laterAnchors };
  }

  private custody(receipt: Receipt, commitment: Bytes | null, headed: Check, at: Seconds | null): [Check, SignerResult[]] {
    const proof = receipt.custody;
    if (proof === null) return [check(12, "INDETERMINATE", said("custody-missing"), "not-carried"), []];
    if (commitment === null || headed.status === "FAILED")
      return [check(12, "INDETERMINATE", said("claim-unproven"), "not-reached"), []];
    const state = receipt.note.checkpoint;
    const fault =
      verifyCase.custodyEntry(receipt, proof, commitment, receipt.opening.shown()) ??
      this.memo(proof.batch, state, () => verifyCase.batch(proof.batch, state.size, state.root));
    if (fault !== null) return [fault, []];
    const signers = this.memo(proof.batch, at, () => verifyCase.signers(proof.batch, this.trust, at));
    return [verifyCase.signedBy(signers), signers];
  }

  /** Chain and time of the block that the claim names, where the verifier's own sources know it. */
  private bound(shown: ReadonlyMap<string, Value>, reason: Reason | null): [number, KnownTime] | null {
    const named = shown.get("not_before_block");
    if (named === undefined) return null;
    try {
      const [chainId, number, blockHash] = parseBlock(String(named));
      const known = this.trust.timeOf(chainId, number, blockHash);
      return known === null || (known.dev && reason !== "dev-chain") ? null : [chainId, known];
    } catch (exc) {
      if (exc instanceof TrustInvalid) return null; // the field is not of that form, so check 3 has failed on it
      throw exc;
    }
  }

  /** What was computed for this pair of parts before, or is now: receipts of one file share the very parts. */
  private memo<T>(one: unknown, other: unknown, compute: () => T): T {
    const inner = this.kept.get(one) ?? new Map<unknown, unknown>();
    this.kept.set(one, inner);
    if (!inner.has(other)) inner.set(other, compute());
    return inner.get(other) as T;
  }
}

/** The verdict on a file that is no receipt. */
export function unreadable(fault: ReceiptInvalid): Verdict {
  const unknown = fault instanceof ReceiptVersionUnknown;
  const status: Status = unknown ? "INDETERMINATE" : "FAILED";
  const reason: Reason = unknown ? "receipt-version-unknown" : "receipt-invalid";
  const checks = [check(1, status, refused(fault, reason), reason)];
  for (let number = 2; number <= LAST_CHECK; number++)
    checks.push(check(number, "INDETERMINATE", said("nothing-to-look-at"), "not-reached"));
  return {
    status, reason, checks, interval: NO_INTERVAL, fields: new Map(), anchors: [], notes: [], standing: null, signers: [],
    laterAnchors: [],
  };
}

function checkDocument(shown: ReadonlyMap<string, Value>, document: DocumentDigests | null): Check {
  if (document === null) return check(2, "INDETERMINATE", said("document-missing"), "no-document");
  const size = shown.get("size");
  if (size !== undefined && size !== document.size)
    return check(2, "FAILED", said("document-size", { size: document.size, sealed: size }), "size-differs");
  const compared: string[] = [];
  const missing: string[] = [];
  for (const name of Object.keys(DIGEST_SIZES)) {
    const sealed = shown.get(name);
    if (sealed === undefined) continue;
    const digest = document.digests[name];
    if (digest === undefined) missing.push(name);
    else if (hex(digest) !== sealed)
      return check(2, "FAILED", said("document-digest", { name, digest: hex(digest), sealed }), "digest-differs");
    else compared.push(name);
  }
  if (!shown.has("sha256")) return check(2, "INDETERMINATE", said("document-hidden"), "field-hidden");
  if (missing.length)
    return check(2, "INDETERMINATE", said("document-not-computed", { names: missing }), "digest-not-computed");
  return check(2, "PASSED", said("document-same", { size: document.size, names: compared }));
}

function checkCommitment(receipt: Receipt): [Check, Bytes | null] {
  try {
    receipt.opening.check();
    const commitment = receipt.opening.commitment();
    const hidden = receipt.opening.hiddenCount();
    const shown = receipt.opening.entries.length - hidden;
    return [check(3, "PASSED", said("committed", { shown, hidden, commitment: hex(commitment) })), commitment];
  } catch (exc) {
    if (exc instanceof ClaimInvalid || exc instanceof JsonInvalid)
      return [check(3, "FAILED", refused(exc, "claim-invalid"), "claim-invalid"), null];
    throw exc;
  }
}

function checkEntry(receipt: Receipt, commitment: Bytes | null): Check {
  const { entry } = receipt;
  const state = receipt.note.checkpoint;
  if (commitment === null) return check(4, "INDETERMINATE", said("commitment-missing"), "not-reached");
  if (entry.size !== state.size)
    return check(4, "FAILED", said("proof-size", { proof: entry.size, size: state.size }), "entry-size-differs");
  try {
    verifyCase.verifyInclusion(claimEntry(commitment), entry, state.root);
  } catch (exc) {
    if (!(exc instanceof ProofInvalid)) throw exc;
    return check(4, "FAILED", refused(exc, "entry-not-in-log"), "entry-not-in-log");
  }
  return check(4, "PASSED", said("entered", { index: entry.index, size: state.size }));
}

/** Check 7 of the whole receipt: one anchor that does not hold is a sign of tampering, whatever others say. */
function checkAnchors(receipt: Receipt, results: readonly AnchorResult[]): Check {
  const wrong = results.find((result) => result.proof.status === "FAILED");
  if (wrong) return wrong.proof;
  const good = results.filter((result) => result.proof.status === "PASSED").map((result) => result.proof);
  if (good.length > 1) return check(7, "PASSED", said("anchor-and-more", { first: good[0].said, count: good.length }));
  if (good.length) return check(7, "PASSED", good[0].said);
  if (receipt.anchors.some((anchor) => anchor.kind === "pending"))
    return check(7, "INDETERMINATE", said("anchor-on-its-way"), "anchor-pending");
  if (results.length) return results[0].proof;
  if (receipt.anchors.length)
    return check(7, "INDETERMINATE", said("anchors-unknown", { count: receipt.anchors.length }), "anchor-unknown");
  return check(7, "INDETERMINATE", said("anchor-missing"), "no-anchor");
}

/** Check 8 of the whole receipt: FAILED before PASSED, and a plain pass before one on a dev chain. */
function checkKnown(results: readonly AnchorResult[]): Check {
  if (!results.length) return check(8, "INDETERMINATE", said("anchor-source-missing"), "no-anchor");
  const order: readonly Status[] = ["FAILED", "PASSED", "INDETERMINATE"];
  const rank = (one: Check): number => 2 * order.indexOf(one.status) + (one.reason === null ? 0 : 1);
  return results.map((result) => result.trust).reduce((best, one) => (rank(one) < rank(best) ? one : best));
}

/** Check 9. A lower bound after any one of the confirmed anchors contradicts it, however well the others bound it. */
function checkTime(checks: readonly Check[], anchors: readonly AnchorResult[], bound: [number, KnownTime] | null): [Check, Interval] {
  if (checks.some((one) => one.status === "FAILED"))
    return [check(9, "INDETERMINATE", said("time-does-not-follow"), "not-reached"), NO_INTERVAL];
  const sources = confirmed(anchors, checks[checks.length - 1].reason);
  if (!sources.length) return [check(9, "INDETERMINATE", said("time-unknown"), "time-unknown"), NO_INTERVAL];
  const best = sources[0];
  const begin = bound && bound[1];
  const interval: Interval = {
    notBefore: begin && begin.timestamp,
    notAfter: best.timestamp,
    uncertainty: best.uncertainty,
    sources,
    notBeforeUncertainty: begin ? begin.uncertainty : 0,
  };
  if (bound !== null && begin !== null)
    for (const source of sources) {
      const slack = source.facts.chain_id === bound[0] ? 0 : source.uncertainty + begin.uncertainty;
      if (BigInt(begin.timestamp) > (source.timestamp as Seconds) + BigInt(slack)) {
        const detail = said("time-contradicted", { begin: utc(begin.timestamp), end: utc(source.timestamp as Seconds) });
        return [check(9, "FAILED", detail, "time-contradiction"), interval];
      }
    }
  return [check(9, "PASSED", saidInterval(interval)), interval];
}

/** The anchors that date a head, the one that bounds it best first: the earliest time and uncertainty together. */
function confirmed(results: readonly AnchorResult[], reason: Reason | null): AnchorResult[] {
  const good = results.filter((r) => r.timestamp !== null && r.trust.status === "PASSED" && r.trust.reason === reason);
  const end = (r: AnchorResult): Seconds => (r.timestamp as Seconds) + BigInt(r.uncertainty);
  const order = (one: Seconds, other: Seconds): number => (one < other ? -1 : one > other ? 1 : 0);
  return good.sort((a, b) => order(end(a), end(b)) || order(a.timestamp as Seconds, b.timestamp as Seconds));
}

function earliest(results: readonly AnchorResult[], own: Reason | null): Seconds | null {
  let found = confirmed(results, null);
  if (!found.length && own === "dev-chain") found = confirmed(results, own);
  return found.length ? found[0].timestamp : null;
}

/** The first FAILED, else the first INDETERMINATE that counts, else PASSED with what qualifies it. */
function overall(checks: readonly Check[]): [Status, Reason | null] {
  const wrong = checks.find((one) => one.status === "FAILED");
  if (wrong) return ["FAILED", wrong.reason];
  const open = checks.find(
    (one) => one.status === "INDETERMINATE" && !(one.number >= FIRST_OPEN && NEUTRAL.includes(one.reason)),
  );
  if (open) return ["INDETERMINATE", open.reason];
  return ["PASSED", checks.find((one) => one.status === "PASSED" && one.reason)?.reason ?? null];
}

function notesOf(
  receipt: Receipt,
  shown: ReadonlyMap<string, Value>,
  anchors: readonly AnchorResult[],
  laterAnchors: readonly AnchorResult[],
  isBound: boolean,
  newest: number,
): Note[] {
  const notes: Note[] = [];
  for (const anchor of anchors) {
    if (anchor.kind === "evm" && anchor.trust.status === "PASSED" && !anchor.pinned) {
      const values = { chain_id: String(anchor.facts.chain_id), contract: String(anchor.facts.contract) };
      notes.push({ reason: "contract-unpinned", text: "contract-unpinned", values });
    }
    if (anchor.qualified && anchor.trust.status === "PASSED")
      notes.push({ reason: null, text: "qualified", values: { name: String(anchor.facts.authority) } });
  }
  const every = [...receipt.anchors, ...(receipt.later?.anchors ?? [])];
  const unknown = every.filter((anchor) => anchor.kind === "unknown").length;
  if (unknown) notes.push({ reason: "anchor-unknown", text: "anchor-unknown", values: { count: unknown } });
  const promised = [...anchors, ...laterAnchors].filter((anchor) => anchor.proof.reason === "ots-pending").length;
  const pending = every.filter((anchor) => anchor.kind === "pending").length + promised;
  if (pending) notes.push({ reason: "anchor-pending", text: "anchor-pending", values: { count: pending } });
  const block = shown.get("not_before_block");
  if (block !== undefined && !isBound)
    notes.push({ reason: "not-before-unconfirmed", text: "not-before-unconfirmed", values: { block: String(block) } });
  const continues = shown.get("continues");
  if (continues !== undefined) notes.push({ reason: null, text: "continues", values: { leaf: String(continues) } });
  notes.push({ reason: null, text: "later-unknown", values: { entry: newest - 1 } });
  return notes;
}

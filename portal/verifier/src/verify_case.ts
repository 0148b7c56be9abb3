// Checks 6 and 10 to 12: the case in the log, a newer head of the log, how the claim stands, who signed its custody.
// Each function gives one check; their numbered list stands in verify.ts.

import { type Bytes, EMPTY, equal, hex } from "./bytes";
import { entryHash } from "./chain";
import { type SignedCheckpoint, verify as verifyNote } from "./checkpoint";
import type { Value } from "./claim";
import { ConsistencyInvalid, CustodySignatureInvalid, ProofInvalid, SignatureInvalid, SignerUnproven, StandingInvalid } from "./errors";
import { type CaseHead, caseHeadBytes, leafBytes } from "./heads";
import { type Inclusion, leafHash, verifyConsistency, verifyInclusion as verifyPlace } from "./merkle";
import type { CaseHeadProof, CustodyProof, Later, LogRef, Receipt, SignedBatch } from "./receipt";
import { type Reason, type Said, type Text, refused, said } from "./said";
import { judgeX509 } from "./signature_chain";
import { type Signature, type Signer, type Statement, batchDigest, verifySignature } from "./signatures";
import { type Ended, type Placed, type State, follows, sameEnd, verifyStanding } from "./standing";
import type { Trust } from "./trust";
import { type AnchorResult, type Check, type Seconds, type SignerResult, type Standing, check } from "./verdict";

export function verifyInclusion(entry: Bytes, proof: Inclusion, root: Bytes): void {
  verifyPlace(leafHash(entry), proof.index, proof.size, proof.path, root);
}

/** A check that an error decides, if it is one of these; else the error goes on. */
function failed(number: number, thrown: unknown, reason: Reason, ...kinds: (abstract new (...given: never[]) => Error)[]): Check {
  for (const kind of kinds) if (thrown instanceof kind) return check(number, "FAILED", refused(thrown, reason), reason);
  throw thrown;
}

// 5 and 10: a head's signature

export function signature(number: number, log: LogRef, note: SignedCheckpoint): Check {
  const state = note.checkpoint;
  if (state.origin !== log.origin) {
    const detail = said("checkpoint-origin", { checkpoint: state.origin, receipt: log.origin });
    return check(number, "FAILED", detail, "origin-differs");
  }
  try {
    verifyNote(note, log.key);
  } catch (exc) {
    return failed(number, exc, "signature-invalid", SignatureInvalid);
  }
  return check(number, "PASSED", said("checkpoint-signed", { key: hex(log.key), size: state.size, origin: log.origin }));
}

// 6 and 10: the case head of a head

export function caseHead(number: number, proof: CaseHeadProof, size: number, root: Bytes): Check {
  if (proof.entry.size !== size) {
    const detail = said("case-head-size", { proof: proof.entry.size, size });
    return check(number, "FAILED", detail, "case-head-not-in-log");
  }
  try {
    verifyInclusion(leafBytes(proof.leaf), proof.entry, root);
  } catch (exc) {
    return failed(number, exc, "case-head-not-in-log", ProofInvalid);
  }
  if (proof.place.size !== proof.leaf.cases) {
    const detail = said("map-size", { proof: proof.place.size, cases: proof.leaf.cases });
    return check(number, "FAILED", detail, "case-not-in-map");
  }
  try {
    verifyInclusion(caseHeadBytes(proof.head), proof.place, proof.leaf.mapRoot);
  } catch (exc) {
    return failed(number, exc, "case-not-in-map", ProofInvalid);
  }
  if (proof.entry.index !== size - 1) {
    const detail = said("case-head-old", { index: proof.entry.index, more: size - 1 - proof.entry.index });
    return check(number, "INDETERMINATE", detail, "case-head-stale");
  }
  return check(number, "PASSED", said("case-count", { entry: size - 1, count: proof.head.count }));
}

/** Check 6, second half: the head is that of the claim's own case. */
export function caseOf(receipt: Receipt, shown: ReadonlyMap<string, Value>, proof: Check): Check {
  const named = shown.get("case_blinded");
  const head = hex(receipt.caseHead.head.case);
  if (proof.status === "FAILED") return proof;
  if (named === undefined) return check(6, "INDETERMINATE", said("case-not-shown", { case: head }), "case-hidden");
  if (named !== head) return check(6, "FAILED", said("case-other", { claim: named, head }), "case-differs");
  return proof;
}

// 10: one log

export function oneLog(log: LogRef, note: SignedCheckpoint, head: CaseHead, later: Later | null, anchors: readonly AnchorResult[]): Check {
  if (later === null) return check(10, "INDETERMINATE", said("later-missing"), "not-carried");
  const [old, fresh] = [note.checkpoint, later.note.checkpoint];
  const signed = signature(10, log, later.note);
  if (signed.status === "FAILED") return signed;
  try {
    verifyConsistency(old.size, fresh.size, old.root, fresh.root, later.path);
  } catch (exc) {
    return failed(10, exc, "log-rewritten", ConsistencyInvalid);
  }
  const headed = caseHead(10, later.caseHead, fresh.size, fresh.root);
  if (headed.status === "FAILED") return headed;
  const newer = later.caseHead.head;
  if (!equal(newer.case, head.case)) {
    const detail = said("later-case-other", { newer: hex(newer.case), older: hex(head.case) });
    return check(10, "FAILED", detail, "case-differs");
  }
  const counts: [Text, number, number][] = [
    ["fewer-claims", head.count, newer.count],
    ["fewer-custody", head.custody, newer.custody],
    ["fewer-ended", head.ended, newer.ended],
  ];
  for (const [fewer, before, after] of counts)
    if (after < before) return check(10, "FAILED", said(fewer, { before, after }), "case-shrank");
  for (const anchor of anchors)
    for (const found of [anchor.proof, anchor.trust])
      if (found.status === "FAILED") return check(10, "FAILED", found.said, found.reason);
  if (headed.status === "INDETERMINATE") return headed;
  return check(10, "PASSED", said("log-grew", { old: old.size, new: fresh.size }));
}

// 11: standing

const SAID_STATES: Readonly<Record<State, Said>> = {
  superseded: said("state-superseded"),
  revoked: said("state-revoked"),
  erased: said("state-erased"),
};

/** Check 11: whether the claim is current as of the newest head that is proven. */
export function standing(
  receipt: Receipt,
  commitment: Bytes | null,
  headed: Check,
  joined: Check,
  dates: readonly [Seconds | null, Seconds | null],
): [Check, Standing | null] {
  if (commitment === null || headed.status === "FAILED")
    return [check(11, "INDETERMINATE", said("claim-unproven"), "not-reached"), null];
  const heads: [CaseHeadProof, Placed[], Seconds | null][] = [[receipt.caseHead, receipt.standing, dates[0]]];
  if (receipt.later !== null && joined.status === "PASSED")
    heads.push([receipt.later.caseHead, receipt.later.standing, dates[1]]);
  let logSize = 0;
  let headNotAfter: Seconds | null = null;
  let before: Ended | null = null;
  for (const [proof, placed, date] of heads) {
    const size = proof.entry.index + 1;
    let ended: Ended | null;
    try {
      ended = verifyStanding(commitment, placed, proof.head.ended, proof.head.endedRoot);
    } catch (exc) {
      return [failed(11, exc, "standing-invalid", StandingInvalid, ProofInvalid), null];
    }
    if (before !== null && !sameEnd(ended, before) && (ended === null || !follows(ended, before))) {
      const values = { before: SAID_STATES[before.state], before_at: before.at, size };
      const detail =
        ended === null
          ? said("standing-undone", values)
          : said("standing-changed", { ...values, now: SAID_STATES[ended.state], now_at: ended.at });
      return [check(11, "FAILED", detail, "standing-invalid"), null];
    }
    before = ended;
    [logSize, headNotAfter] = [size, date];
  }
  if (headed.reason === "case-hidden") {
    const hidden = { state: null, logSize, headNotAfter: null, custodyEntry: null };
    return [check(11, "INDETERMINATE", said("standing-hidden"), "case-hidden"), hidden];
  }
  const entry = logSize - 1;
  if (before === null) {
    const result: Standing = { state: "current", logSize, headNotAfter, custodyEntry: null };
    return [check(11, "PASSED", said("standing-current", { entry })), result];
  }
  const { state, at } = before;
  const detail = said("standing-ended", { state: SAID_STATES[state], entry, custody: at });
  const result: Standing = { state, logSize, headNotAfter, custodyEntry: at };
  return [check(11, state === "superseded" ? "PASSED" : "INDETERMINATE", detail, state), result];
}

// 12: custody

/** Check 12, first part: the entry is about this claim, in this case, where the claim says, and in the batch. */
export function custodyEntry(receipt: Receipt, proof: CustodyProof, commitment: Bytes, shown: ReadonlyMap<string, Value>): Check | null {
  const { entry, batch } = proof;
  const { statement } = batch;
  const { head } = receipt.caseHead;
  const before = entry.previous && hex(entry.previous);
  const claimed = shown.get("custody");
  let fault: Said | null = null;
  if (!equal(entry.subject, commitment) || entry.action !== "sealed")
    fault = said("custody-subject", { action: entry.action, subject: hex(entry.subject), claim: hex(commitment) });
  else if (!equal(entry.case, statement.case) || !equal(statement.case, head.case))
    fault = said("custody-case", { entry: hex(entry.case), batch: hex(statement.case), head: hex(head.case) });
  else if (claimed !== undefined && claimed !== before)
    fault = before === null ? said("custody-first", { claim: claimed }) : said("custody-before", { before, claim: claimed });
  else if (batch.leafEntry.index <= receipt.entry.index)
    fault = said("custody-early", { batch: batch.leafEntry.index, entry: receipt.entry.index });
  else if (proof.place.size !== statement.last - statement.first + 1 || entry.seq !== statement.first + proof.place.index)
    fault = said("custody-place", { seq: entry.seq, place: proof.place.index, first: statement.first });
  else if (statement.last >= head.custody) fault = said("custody-beyond", { last: statement.last, count: head.custody });
  else if (statement.last === head.custody - 1 && !equal(statement.head, head.head))
    fault = said("custody-head", { batch: hex(statement.head), head: hex(head.head) });
  else if (entry.seq === statement.last && !equal(entryHash(entry), statement.head))
    fault = said("custody-last", { head: hex(statement.head) });
  if (fault === null)
    try {
      verifyInclusion(entryHash(entry), proof.place, statement.entries);
    } catch (exc) {
      if (!(exc instanceof ProofInvalid)) throw exc;
      fault = refused(exc, "custody-invalid");
    }
  return fault === null ? null : check(12, "FAILED", said("custody-fault", { fault }), "custody-invalid");
}

/** Check 12, second part: the log commits to this batch, and to these signatures. */
export function batch(proof: SignedBatch, size: number, root: Bytes): Check | null {
  if (proof.leafEntry.size !== size)
    return check(12, "FAILED", said("batch-size", { proof: proof.leafEntry.size, size }), "custody-invalid");
  try {
    verifyInclusion(leafBytes(proof.leaf), proof.leafEntry, root);
  } catch (exc) {
    if (!(exc instanceof ProofInvalid)) throw exc;
    return check(12, "FAILED", said("batch-fault", { fault: refused(exc, "custody-invalid") }), "custody-invalid");
  }
  if (!equal(batchDigest(proof.statement, proof.signatures), proof.leaf.batch)) {
    const { first, last } = proof.statement;
    const detail = said("batch-other", { entry: proof.leafEntry.index, first, last, count: proof.signatures.length });
    return check(12, "FAILED", detail, "custody-invalid");
  }
  return null;
}

/** Who signed the batch. `at`: it was signed before, by an anchor; null where nothing tells. */
export function signers(proof: SignedBatch, trust: Trust, at: Seconds | null): SignerResult[] {
  return proof.signatures.map((one) => judgeSigner(one, proof.statement, trust, at));
}

function judgeSigner(signed: Signature, statement: Statement, trust: Trust, at: Seconds | null): SignerResult {
  let signer: Signer;
  try {
    signer = verifySignature(signed, statement);
  } catch (exc) {
    return { kind: signed.kind, identity: "", fingerprint: EMPTY, check: unproven(exc) };
  }
  let found = check(12, "PASSED", said("signer-signed", { kind: signer.kind, identity: signer.identity }));
  if (signed.kind === "x509") {
    const { identity } = signer;
    if (at === null) found = check(12, "INDETERMINATE", said("signer-undated", { identity }), "time-unknown");
    else
      try {
        judgeX509(signed, trust.signers, at);
        found = check(12, "PASSED", said("signer-trusted", { identity }));
      } catch (exc) {
        found = unproven(exc);
      }
  }
  return { ...signer, check: found };
}

function unproven(thrown: unknown): Check {
  if (thrown instanceof CustodySignatureInvalid)
    return check(12, "FAILED", refused(thrown, "custody-signature-invalid"), "custody-signature-invalid");
  if (!(thrown instanceof SignerUnproven)) throw thrown;
  const reason = thrown.reason as Reason;
  return check(12, "INDETERMINATE", refused(thrown, reason), reason);
}

/** Check 12, last part: FAILED if one signature is wrong, PASSED if one is good. */
export function signedBy(results: readonly SignerResult[]): Check {
  if (!results.length) return check(12, "INDETERMINATE", said("signer-nobody"), "custody-unsigned");
  const wrong = results.find((result) => result.check.status === "FAILED");
  if (wrong) return wrong.check;
  const good = results.filter((result) => result.check.status === "PASSED");
  if (good.length) return check(12, "PASSED", said("signed-by", { signers: good.map((one) => one.check.said) }));
  return results[0].check;
}

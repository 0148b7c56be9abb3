// Validate an evidence record (RFC 4998, section 5.3): eight numbered checks, as notary/records/evidence_check.py.
//
//     1  The record parses, is about plain documents, and lists every hash that it uses.
//     2  Each document is an object of the record: its hash is in the first list of the first archive time-stamp.
//     3  Each hash tree leads to what its token stamps, under the hash that the chain uses.
//     4  Each renewal covers what came before it, the times do not go back, and a chain keeps its hash.
//     5  Each token's own proof holds.
//     6  Each token's authority is trusted, and was valid when the token was made and still when the next one was.
//     7  Each algorithm was good until it was renewed, by the policy.
//     8  The time: the documents existed when the first token was made.

import { type Ending, type Facts, endingOf, hasEnded, hashUse, sameUse, weakest } from "./algorithms";
import { type Bytes, equal, hex, utc } from "./bytes";
import { EvidenceRecordInvalid, HashTreeInvalid, TokenInvalid, TokenUntrusted } from "./errors";
import { type ArchiveTimeStamp, type Chain, type EvidenceRecord, readRecord, timeStampValue, treeValue } from "./evidence_record";
import { Tokens } from "./evidence_tokens";
import type { RecordCheck, RecordReason, RecordVerdict } from "./evidence_verdict";
import { type Lists, holds, rootOf } from "./hash_tree";
import type { Status } from "./said";
import type { TrustedAuthority } from "./trust";
import { type Token, type Vouched, isEarlier, uncertainty } from "./tsp";

const LAST_CHECK = 8;
const REASONS: Readonly<Record<string, RecordReason>> = {
  "authority-revoked": "er-token-revoked",
  "authority-expired": "er-token-expired",
};

/** A document by its hashes: the digest under the hash of that name, or undefined where it is not at hand. */
export type Document = Readonly<Record<string, Bytes>>;

/** Validates many records against one trust; `at`: Unix seconds, now for whoever validates. */
export class RecordValidator {
  private readonly tokens: Tokens;

  constructor(
    authorities: readonly TrustedAuthority[],
    private readonly at: number,
  ) {
    this.tokens = new Tokens(authorities);
  }

  /** The verdict on a record as it came; `documents`: that it shall prove, none: what can be checked without. */
  validate(data: Bytes, documents: readonly Document[]): RecordVerdict {
    let record: EvidenceRecord;
    try {
      record = readRecord(data);
    } catch (exc) {
      if (!(exc instanceof EvidenceRecordInvalid)) throw exc;
      const checks: RecordCheck[] = [{ number: 1, status: "FAILED", detail: exc.message, reason: "er-invalid" }];
      for (let number = 2; number <= LAST_CHECK; number++) checks.push(notReached(number));
      return { status: "FAILED", reason: "er-invalid", checks, stamps: [], notAfter: null, uncertainty: 0, nextEnd: null };
    }
    return new Validation(record, documents, this.tokens, this.at).run();
  }
}

/** An archive time-stamp with what was read of its token: the token, or why it cannot be read. */
interface Stamp {
  chain: number;
  place: number;
  stamp: ArchiveTimeStamp;
  hashName: string | null;
  read: Token | TokenInvalid;
}

class Fault extends Error {
  constructor(
    readonly status: Status,
    readonly reason: RecordReason,
    detail: string,
  ) {
    super(detail);
  }
}

class Validation {
  private readonly stamps: Stamp[];
  private readonly signers: Bytes[] = [];
  private uncertainty = 0;

  constructor(
    private readonly record: EvidenceRecord,
    private readonly documents: readonly Document[],
    private readonly tokens: Tokens,
    private readonly at: number,
  ) {
    this.stamps = record.chains.flatMap((chain, number) =>
      chain.map((stamp, place): Stamp => {
        const read = tokens.read(stamp.token);
        const isImplied = stamp.algorithm === null && !(read instanceof TokenInvalid);
        return { chain: number, place, stamp, hashName: isImplied ? read.hashName : stamp.hashName, read };
      }),
    );
  }

  run(): RecordVerdict {
    const checks: RecordCheck[] = [];
    const works = [this.form, this.objects, this.roots, this.renewals, this.signatures, this.authorities, this.algorithms];
    for (const [at, work] of works.entries()) {
      const number = at + 1;
      if (number > 5 && checks.some((one) => one.status === "FAILED")) {
        checks.push(notReached(number));
        continue;
      }
      try {
        checks.push({ number, status: "PASSED", detail: work.call(this), reason: null });
      } catch (exc) {
        if (!(exc instanceof Fault)) throw exc;
        checks.push({ number, status: exc.status, detail: exc.message, reason: exc.reason });
      }
    }
    const [status, reason] = overall(checks);
    const stamps = this.stamps.map(({ chain, place, hashName, read }, at) => {
      return { chain, place, hashName, at: read instanceof TokenInvalid ? null : read.genTime, facts: this.facts(at) };
    });
    const last = stamps[stamps.length - 1].facts;
    const nextEnd = last && weakest(last);
    const notAfter = status === "PASSED" ? stamps[0].at : null;
    if (notAfter === null) {
      checks.push(notReached(LAST_CHECK));
      return { status, reason, checks, stamps, notAfter, uncertainty: 0, nextEnd };
    }
    const detail = `it existed at ${utc(notAfter)}, give or take ${this.uncertainty} seconds`;
    checks.push({ number: LAST_CHECK, status: "PASSED", detail, reason: null });
    return { status, reason, checks, stamps, notAfter, uncertainty: this.uncertainty, nextEnd };
  }

  // 1. The record's form.
  private form(): string {
    if (this.record.isEncrypted) throw new Fault("INDETERMINATE", "er-encrypted", "it says how its objects were encrypted");
    for (const one of this.stamps)
      if (one.hashName !== null && !this.record.hashNames.includes(one.hashName))
        throw new Fault("FAILED", "er-invalid", `${title(one)} uses ${one.hashName}, which the record does not list`);
    return `${this.stamps.length} time-stamps in ${this.record.chains.length} chains`;
  }

  // 2. The documents.
  private objects(): string {
    const [first] = this.stamps;
    if (!this.documents.length) throw new Fault("INDETERMINATE", "er-no-document", "no document was given");
    const values = this.digests(first);
    const { lists } = first.stamp;
    for (const value of values)
      if (lists.length && !holds(lists[0], value)) {
        const detail = `${first.hashName} ${hex(value)} is not among the ${lists[0].length} of the record`;
        throw new Fault("FAILED", "er-object-missing", detail);
      }
    if (!lists.length && !(first.read instanceof TokenInvalid) && !equal(root([], values, first), first.read.imprint)) {
      const detail = `the token stamps ${hex(first.read.imprint)}, and the document is another`;
      throw new Fault("FAILED", "er-object-missing", detail);
    }
    return `${values.length} found by ${first.hashName}`;
  }

  // 3. The trees.
  private roots(): string {
    for (const one of this.stamps) {
      const token = tokenOf(one);
      if (one.hashName !== token.hashName) {
        const detail = `the tree of ${title(one)} is one of ${one.hashName ?? "None"}, its token stamps by ${token.hashName}`;
        throw new Fault("FAILED", "er-root-differs", detail);
      }
      const { lists } = one.stamp;
      if (!lists.length) continue; // what it stamps is compared in checks 2 and 4
      const found = root(lists, lists[0], one);
      if (!equal(found, token.imprint)) {
        const detail = `the tree of ${title(one)} leads to ${hex(found)}, its token stamps ${hex(token.imprint)}`;
        throw new Fault("FAILED", "er-root-differs", detail);
      }
    }
    return `${this.stamps.length} roots are the tokens' imprints`;
  }

  // 4. The renewals.
  private renewals(): string {
    for (let at = 1; at < this.stamps.length; at++) {
      const [before, one] = [this.stamps[at - 1], this.stamps[at]];
      const [earlier, later] = [tokenOf(before), tokenOf(one)];
      if (isEarlier(later, earlier)) {
        const detail = `${title(one)} is of ${utc(later.genTime)}, the one before it of ${utc(earlier.genTime)}`;
        throw new Fault("FAILED", "er-chain-broken", detail);
      }
      if (one.chain === before.chain) this.checkCoversToken(before, one, later);
      else this.checkCoversChains(one, later);
    }
    return `${this.stamps.length - 1} renewals, each of what came before`;
  }

  private checkCoversToken(before: Stamp, one: Stamp, token: Token): void {
    const name = known(one);
    if (name !== before.hashName)
      throw new Fault("FAILED", "er-chain-broken", `${title(one)} uses ${name}, the one before it ${before.hashName ?? "None"}`);
    const isHeld = (stamp: ArchiveTimeStamp): boolean => {
      const value = timeStampValue(stamp, name);
      return one.stamp.lists.length ? holds(one.stamp.lists[0], value) : equal(value, token.imprint);
    };
    if (!isHeld(before.stamp) && !isHeld(this.inDer(before.stamp)))
      throw new Fault("FAILED", "er-chain-broken", `${title(one)} is not about the token before it`);
  }

  private checkCoversChains(one: Stamp, token: Token): void {
    if (!this.documents.length) {
      const detail = `whether ${title(one)} is about the document as well cannot be seen without it`;
      throw new Fault("INDETERMINATE", "er-no-document", detail);
    }
    const name = known(one);
    const digests = this.digests(one);
    const chains = this.record.chains.slice(0, one.chain);
    const isHeld = (encoded: readonly Chain[]): boolean => {
      const values = digests.map((digest) => treeValue(encoded, digest, name));
      const { lists } = one.stamp;
      return lists.length ? values.every((value) => holds(lists[0], value)) : equal(root([], values, one), token.imprint);
    };
    if (!isHeld(chains) && !isHeld(chains.map((chain) => chain.map((stamp) => this.inDer(stamp)))))
      throw new Fault("FAILED", "er-chain-broken", `${title(one)} is not about this document and the ${one.chain} chains before`);
  }

  // 5. The signatures.
  private signatures(): string {
    for (const one of this.stamps) {
      tokenOf(one);
      const signer = this.tokens.signer(one.stamp.token);
      if (signer instanceof TokenInvalid) throw tokenFault(one, signer);
      this.signers.push(signer);
    }
    return `${this.signers.length} signatures hold`;
  }

  // 6. The authorities.
  private authorities(): string {
    const ends = [...this.stamps.slice(1).map((one) => tokenOf(one).genTime), this.at];
    for (const [place, end] of ends.entries()) {
      if (place >= this.signers.length) break;
      const one = this.stamps[place];
      const token = tokenOf(one);
      const giveOrTake = uncertainty(token, this.vouched(one, token.genTime).authority.uncertainty);
      if (!place) this.uncertainty = giveOrTake;
      if (end + giveOrTake < token.genTime)
        throw new Fault("INDETERMINATE", "er-token-untrusted", `${title(one)} is of ${utc(token.genTime)}, which is still to come`);
      this.vouched(one, Math.max(end, token.genTime)); // as judged when the next one was made
    }
    if (this.signers.length < this.stamps.length)
      throw new Fault("INDETERMINATE", "er-not-reached", "not every signature was checked");
    return `${this.stamps.length} tokens, each of a trusted authority and renewed in time`;
  }

  private vouched(one: Stamp, at: number): Vouched {
    const found = this.tokens.vouched(one.stamp.token, at);
    if (!(found instanceof TokenUntrusted)) return found;
    throw new Fault("INDETERMINATE", REASONS[found.reason] ?? "er-token-untrusted", `${title(one)}: ${found.message}`);
  }

  // 7. The algorithms.
  private algorithms(): string {
    for (const [place, one] of this.stamps.entries()) {
      const later = this.stamps.slice(place + 1);
      const facts = this.facts(place);
      if (facts === null) throw new Fault("INDETERMINATE", "er-not-reached", `${title(one)} was not read`);
      const until = this.timeOf(later[0]);
      const treeUntil = this.timeOf(later.find((stamp) => stamp.chain > one.chain));
      for (const use of facts.uses) {
        const needed = sameUse(use, hashUse(known(one))) ? treeUntil : until;
        const ending = endingOf(use);
        if (hasEnded(ending, needed)) {
          const detail = `${title(one)} uses ${ending.what} until ${utc(needed)}, its end was ${sayEnd(ending)}`;
          throw new Fault("INDETERMINATE", "er-algorithm-weak", detail);
        }
      }
    }
    return "by the policy, none had ended when it was renewed";
  }

  private timeOf(one: Stamp | undefined): number {
    return one ? tokenOf(one).genTime : this.at;
  }

  private facts(place: number): Facts | null {
    const next = this.stamps[place + 1]?.read;
    const needed = next === undefined || next instanceof TokenInvalid ? this.at : next.genTime;
    return this.tokens.facts(this.stamps[place].stamp.token, needed);
  }

  /** As others hash it whose token came in BER. */
  private inDer(stamp: ArchiveTimeStamp): ArchiveTimeStamp {
    return { ...stamp, token: this.tokens.der(stamp.token) };
  }

  private digests(one: Stamp): Bytes[] {
    const name = known(one);
    const found = this.documents.map((document) => document[name]);
    if (found.some((digest) => digest === undefined))
      throw new Fault("INDETERMINATE", "er-no-document", `a document's ${name} is not at hand`);
    return found;
  }
}

function title(one: Stamp): string {
  return `time-stamp ${one.place + 1} of chain ${one.chain + 1}`;
}

function tokenOf(one: Stamp): Token {
  if (one.read instanceof TokenInvalid) throw tokenFault(one, one.read);
  return one.read;
}

function known(one: Stamp): string {
  if (one.hashName !== null) return one.hashName;
  const detail = `${title(one)} uses a hash that is unknown here, or not good enough for any tree`;
  throw new Fault("INDETERMINATE", "er-algorithm-weak", detail);
}

function root(lists: Lists, values: readonly Bytes[], one: Stamp): Bytes {
  try {
    return rootOf(lists, values, known(one));
  } catch (exc) {
    if (!(exc instanceof HashTreeInvalid)) throw exc;
    throw new Fault("FAILED", "er-root-differs", `the tree of ${title(one)}: ${exc.message}`);
  }
}

function tokenFault(one: Stamp, fault: TokenInvalid): Fault {
  const detail = `${title(one)}: ${fault.message}`;
  if (fault.reason === "token-algorithm-weak") return new Fault("INDETERMINATE", "er-algorithm-weak", detail);
  return new Fault("FAILED", "er-token-invalid", detail);
}

function sayEnd(ending: Ending): string {
  return utc(ending.until ?? 0) + (ending.source === null ? "" : `, says ${ending.source}`);
}

function notReached(number: number): RecordCheck {
  return { number, status: "INDETERMINATE", detail: "nothing follows from it", reason: "er-not-reached" };
}

function overall(checks: readonly RecordCheck[]): [Status, RecordReason | null] {
  const found = checks.find((one) => one.status === "FAILED") ?? checks.find((one) => one.status === "INDETERMINATE");
  return found ? [found.status, found.reason] : ["PASSED", null];
}

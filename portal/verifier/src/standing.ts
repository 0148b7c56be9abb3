// Standing: whether a claim is still current, as the case's head commits to it.
//
//     ended entry  JCS({"at": number of the custody entry, "claim": hex commitment, "state": "superseded" | ...})
//     ended root   RFC 9162 root over these, sorted by commitment

import { type Bytes, compare, equal, hex } from "./bytes";
import { StandingInvalid } from "./errors";
import { dumps, object } from "./jcs";
import { EMPTY_ROOT, type Inclusion, leafHash, verifyInclusion } from "./merkle";

export const STATES = ["superseded", "revoked", "erased"] as const; // each graver than the one before
export type State = (typeof STATES)[number];

/** One ended claim: its commitment, the gravest thing that happened to it, the custody entry that says so. */
export interface Ended {
  claim: Bytes;
  state: State;
  at: number;
}

export interface Placed extends Inclusion {
  ended: Ended;
}

/** Whether a claim may have gone from `older` (null: current) to this end: only to a graver one, and later. */
export function follows(ended: Ended, older: Ended | null): boolean {
  return older === null || (STATES.indexOf(ended.state) > STATES.indexOf(older.state) && ended.at > older.at);
}

export function sameEnd(one: Ended | null, other: Ended | null): boolean {
  if (one === null || other === null) return one === other;
  return equal(one.claim, other.claim) && one.state === other.state && one.at === other.at;
}

/** What ended the claim, or null when it is current. Raises StandingInvalid, ProofInvalid. */
export function verifyStanding(claim: Bytes, proof: readonly Placed[], size: number, root: Bytes): Ended | null {
  if (size === 0) {
    if (proof.length || !equal(root, EMPTY_ROOT))
      throw new StandingInvalid("the case has no ended claims, yet entries of them are shown");
    return null;
  }
  if (proof.length < 1 || proof.length > 2)
    throw new StandingInvalid(`${proof.length} of ${size} ended claims are shown; one or two are needed`);
  for (const placed of proof) {
    if (placed.size !== size)
      throw new StandingInvalid(`the proof is for ${placed.size} ended claims, the case's head for ${size}`);
    const { at, claim: of, state } = placed.ended;
    const leaf = leafHash(dumps(object({ at, claim: hex(of), state })));
    verifyInclusion(leaf, placed.index, size, placed.path, root);
  }
  const first = proof[0];
  const last = proof[proof.length - 1];
  if (equal(first.ended.claim, claim)) {
    if (proof.length !== 1) throw new StandingInvalid("the claim's own entry is shown with another one");
    return first.ended;
  }
  const afterFirst = compare(first.ended.claim, claim) < 0;
  const between =
    proof.length === 2
      ? first.index + 1 === last.index && afterFirst && compare(claim, last.ended.claim) < 0
      : (first.index === size - 1 && afterFirst) || (first.index === 0 && !afterFirst);
  if (!between) throw new StandingInvalid("the entries shown are not the claim's neighbours");
  return null;
}

// The errors of notary/errors.py, as far as a verification raises them.

export class NotaryError extends Error {}

export class FormatInvalid extends NotaryError {}
export class JsonInvalid extends FormatInvalid {}
export class ClaimInvalid extends FormatInvalid {}
export class LogEntryInvalid extends FormatInvalid {}
export class CheckpointInvalid extends FormatInvalid {}
export class RlpInvalid extends FormatInvalid {}
export class TrustInvalid extends FormatInvalid {}
export class PolicyInvalid extends FormatInvalid {}
export class EvidenceRecordInvalid extends FormatInvalid {}
export class BitcoinHeaderInvalid extends FormatInvalid {}
export class ReceiptInvalid extends FormatInvalid {}

export class ReportInvalid extends FormatInvalid {}

/** A zip that is no bundle of a case; `fault` is a value of Python's ZipFault. */
export class BundleInvalid extends FormatInvalid {
  constructor(
    readonly fault: string,
    detail: string,
  ) {
    super(`${detail} (${fault})`);
  }
}

export class ReceiptTooLarge extends ReceiptInvalid {
  constructor(size: number, allowed: number, what = "receipt") {
    super(`the ${what} has ${size} bytes, at most ${allowed} are allowed`);
  }
}

export class ReceiptVersionUnknown extends ReceiptInvalid {
  constructor(version: number, known: number) {
    super(`receipt version ${String(version).slice(0, 20)} is unknown; this program reads version ${known}`);
  }
}

export class ProofInvalid extends NotaryError {
  constructor(index: number, size: number, reason: string) {
    super(`inclusion of entry ${index} in a tree of ${size}: ${reason}`);
  }
}

export class ConsistencyInvalid extends NotaryError {
  constructor(oldSize: number, newSize: number, reason: string) {
    super(`consistency of a tree of ${newSize} with one of ${oldSize}: ${reason}`);
  }
}

export class HashTreeInvalid extends NotaryError {}
export class StandingInvalid extends NotaryError {}
export class SignatureInvalid extends NotaryError {}

export class CustodySignatureInvalid extends SignatureInvalid {
  constructor(kind: string, detail: string) {
    super(`${kind} signature: ${detail}`);
  }
}

/** An error that carries one of the stable reason codes. */
export class ReasonedError extends NotaryError {
  constructor(
    readonly reason: string,
    detail: string,
  ) {
    super(detail);
  }
}

export class EvmProofInvalid extends ReasonedError {}
export class OtsInvalid extends ReasonedError {}
export class OtsUnconfirmed extends ReasonedError {}
export class SignerUnproven extends ReasonedError {}
export class TokenInvalid extends ReasonedError {}
export class TokenUntrusted extends ReasonedError {}

/** The message of what was thrown, if it is one of `kinds`; anything else is a fault of this program and goes on. */
export function caught<T extends NotaryError>(thrown: unknown, ...kinds: (abstract new (...given: never[]) => T)[]): T {
  for (const kind of kinds) if (thrown instanceof kind) return thrown;
  throw thrown;
}

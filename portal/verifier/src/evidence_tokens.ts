// The tokens of evidence records: read, checked and judged once, however many records share them. As evidence_tokens.py.

import { type Bytes, cut, hex, sha256 } from "./bytes";
import { type Facts, type Use, hashUse } from "./algorithms";
import { derToken } from "./cms_der";
import { TokenInvalid, TokenUntrusted } from "./errors";
import type { TrustedAuthority } from "./trust";
import { type Token, type Vouched, checkSignature, judgeByAll, readToken } from "./tsp";
import { Certificate } from "./x509";

/** What the verifier finds of tokens, with the authorities that they trust. What is thrown for others is a value here. */
export class Tokens {
  private readonly certificates: Bytes[];
  private readonly kept = new Map<string, unknown>();

  constructor(private readonly authorities: readonly TrustedAuthority[]) {
    this.certificates = authorities.flatMap((authority) => authority.certificates);
  }

  read(token: Bytes): Token | TokenInvalid {
    return this.memo(token, "read", () => tried(() => readToken(token)));
  }

  /** DER of the certificate that signed it, or why its own proof does not hold. */
  signer(token: Bytes): Bytes | TokenInvalid {
    const read = this.read(token);
    if (read instanceof TokenInvalid) return read;
    return this.memo(token, "signer", () => tried(() => checkSignature(read, this.certificates)));
  }

  /** The authority that a token whose own proof holds leads to by certificates valid at `at`, or what stands against that. */
  vouched(token: Bytes, at: number): Vouched | TokenUntrusted {
    return this.memo(token, `vouched ${at}`, () => {
      try {
        return judgeByAll(this.read(token) as Token, this.signer(token) as Bytes, this.authorities, at);
      } catch (exc) {
        if (exc instanceof TokenUntrusted) return exc;
        throw exc;
      }
    });
  }

  /** What it rests on when it is needed until `at`; null where its own proof does not hold. */
  facts(token: Bytes, at: number): Facts | null {
    const [read, signer] = [this.read(token), this.signer(token)];
    if (read instanceof TokenInvalid || signer instanceof TokenInvalid) return null;
    for (const time of [at, read.genTime]) {
      const vouched = this.vouched(token, Math.max(time, read.genTime));
      if (!(vouched instanceof TokenUntrusted)) return factsOf(read, signer, vouched.path);
    }
    return factsOf(read, signer, []);
  }

  der(token: Bytes): Bytes {
    return this.memo(token, "der", () => derToken(token));
  }

  private memo<T>(token: Bytes, what: string, compute: () => T): T {
    const key = `${hex(sha256(token))} ${what}`;
    if (!this.kept.has(key)) this.kept.set(key, compute());
    return this.kept.get(key) as T;
  }
}

function factsOf(token: Token, signer: Bytes, path: [string, number][]): Facts {
  const certificate = new Certificate(signer);
  const key = certificate.publicKey();
  const signature = (algorithm: string, bits: number | null): Use => ({ kind: "signature", algorithm, bits });
  const use =
    key.kind === "rsa" ? signature("rsa", key.bits) : key.kind === "ec" ? signature("ecdsa", key.bits) : signature("ed25519", null);
  const hashes = [...new Set([token.hashName, token.signer.digest])];
  const whose = `the certificate of ${cut(certificate.subject.toText(), 200) || "the authority"}`;
  return { uses: [...hashes.map(hashUse), use], certificates: path.length ? path : [[whose, certificate.ends]] };
}

function tried<T>(work: () => T): T | TokenInvalid {
  try {
    return work();
  } catch (exc) {
    if (exc instanceof TokenInvalid) return exc;
    throw exc;
  }
}

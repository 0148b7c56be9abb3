// RFC 3161 time-stamp tokens: read them, check their own proof, judge them by a configured authority. As tsp.py.

import { type Bytes, digest, equal, hex } from "./bytes";
import { TokenInvalid, TokenUntrusted } from "./errors";
import type { TrustedAuthority } from "./trust";
import { judge, mostUrgent } from "./tsp_path";
import type { Token } from "./tsp_read";
import { checkSignature } from "./tsp_signature";

export { type Token, readToken } from "./tsp_read";
export { checkSignature } from "./tsp_signature";

/** Check that the token stamps `data`, and that its signer's certificate signed it; DER of that. Raises TokenInvalid. */
export function checkToken(token: Token, data: Bytes, certificates: readonly Bytes[]): Bytes {
  const expected = digest(token.hashName, data);
  if (!equal(token.imprint, expected))
    throw new TokenInvalid(
      "token-imprint-differs",
      `the token stamps ${token.hashName} ${hex(token.imprint).slice(0, 16)}..., expected is ${hex(expected).slice(0, 16)}...`,
    );
  return checkSignature(token, certificates);
}

/** Whom a token's signer leads to, and each certificate on the way with its last second. */
export interface Vouched {
  authority: TrustedAuthority;
  path: [string, number][];
}

/**
 * The first of several authorities that accepts, unless any of them says that it was revoked. Raises TokenUntrusted.
 * The certificates must be valid at `validAt`, Unix seconds: the token's own time, or a later one until which it is needed.
 */
export function judgeByAll(
  token: Token, signer: Bytes, authorities: readonly TrustedAuthority[], validAt: number = token.genTime,
): Vouched {
  let found: Vouched | null = null;
  let worst: TokenUntrusted | null = null;
  for (const authority of authorities) {
    try {
      const path = judge(token, signer, authority, validAt);
      found ??= { authority, path };
    } catch (exc) {
      if (!(exc instanceof TokenUntrusted)) throw exc;
      worst = worst ? mostUrgent([worst, exc]) : exc;
    }
  }
  if (found && worst?.reason !== "authority-revoked") return found;
  throw worst ?? new TokenUntrusted("authority-untrusted", "you name no time-stamp authority that you trust");
}

/** How many seconds the true time may be from the token's, either way. */
export function uncertainty(token: Token, configured: number): number {
  const stated = Number(((token.accuracyUs ?? 0n) + 999_999n) / 1_000_000n);
  return Math.max(configured, stated) + 1;
}

/** Whether the token's time lies before another's, as exactly as both state theirs: in seconds, or with fractions. */
export function isEarlier(token: Token, than: Token): boolean {
  const isExact = token.genTimeUs !== 0 && than.genTimeUs !== 0;
  return token.genTime < than.genTime || (isExact && token.genTime === than.genTime && token.genTimeUs < than.genTimeUs);
}

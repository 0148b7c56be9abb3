// RFC 3161 time-stamp tokens: read them, check their own proof, judge them by a configured authority. As tsp.py.

import { type Bytes, digest, equal, hex } from "./bytes";
import { TokenInvalid, TokenUntrusted } from "./errors";
import type { TrustedAuthority } from "./trust";
import { judge, mostUrgent } from "./tsp_path";
import type { Token } from "./tsp_read";
import { checkSignature } from "./tsp_signature";

export { type Token, readToken } from "./tsp_read";

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

/** The first of several authorities that accepts, unless any of them says that it was revoked. Raises TokenUntrusted. */
export function judgeByAll(token: Token, signer: Bytes, authorities: readonly TrustedAuthority[]): { authority: TrustedAuthority } {
  let found: TrustedAuthority | null = null;
  let worst: TokenUntrusted | null = null;
  for (const authority of authorities) {
    try {
      judge(token, signer, authority);
      found ??= authority;
    } catch (exc) {
      if (!(exc instanceof TokenUntrusted)) throw exc;
      worst = worst ? mostUrgent([worst, exc]) : exc;
    }
  }
  if (found && worst?.reason !== "authority-revoked") return { authority: found };
  throw worst ?? new TokenUntrusted("authority-untrusted", "you name no time-stamp authority that you trust");
}

/** How many seconds the true time may be from the token's, either way. */
export function uncertainty(token: Token, configured: number): number {
  const stated = Number(((token.accuracyUs ?? 0n) + 999_999n) / 1_000_000n);
  return Math.max(configured, stated) + 1;
}

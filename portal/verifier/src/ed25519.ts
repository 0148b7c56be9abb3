// Ed25519 as OpenSSL judges it, which is what the Python program uses: the equation without cofactor, s below the
// order, R compared as bytes, and any public key that decodes. Noble's own check would multiply by the cofactor.

import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { type Bytes, concat, equal, reversed, toBigInt } from "./bytes";

const { Point } = ed25519;
const ORDER = Point.Fn.ORDER;

/** Whether `signature` (64 bytes) is the key's (32 bytes) over `message`. Source: RFC 8032, section 5.1.7. */
export function verifyEd25519(key: Bytes, signature: Bytes, message: Bytes): boolean {
  if (key.length !== 32 || signature.length !== 64) return false;
  const r = signature.slice(0, 32);
  const s = toBigInt(reversed(signature.slice(32)));
  if (s >= ORDER) return false;
  let point: InstanceType<typeof Point>;
  try {
    point = Point.fromBytes(key, true);
  } catch {
    return false;
  }
  const k = toBigInt(reversed(sha512(concat(r, key, message)))) % ORDER;
  const result = Point.BASE.multiplyUnsafe(s).subtract(point.multiplyUnsafe(k));
  return equal(result.toBytes(), r);
}

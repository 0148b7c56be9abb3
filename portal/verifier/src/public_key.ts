// Public keys of certificates, and signatures under them: RSA by hand (one modular power), the rest by noble.

import { brainpoolP256r1, brainpoolP384r1, brainpoolP512r1 } from "@noble/curves/misc.js";
import { p256, p384, p521 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { type Bytes, HASHES, bigEndian, concat, digest, equal, fromHex, toBigInt } from "./bytes";
import { DerError, type Element, Parts, bitString, integer, oid } from "./der";
import { verifyEd25519 } from "./ed25519";

type Curve = typeof p256;
const CURVES: Readonly<Record<string, [Curve, number]>> = {
  "1.2.840.10045.3.1.7": [p256, 256],
  "1.3.132.0.34": [p384, 384],
  "1.3.132.0.35": [p521, 521],
  "1.3.132.0.10": [secp256k1, 256],
  "1.3.36.3.3.2.8.1.1.7": [brainpoolP256r1, 256],
  "1.3.36.3.3.2.8.1.1.11": [brainpoolP384r1, 384],
  "1.3.36.3.3.2.8.1.1.13": [brainpoolP512r1, 512],
};
const WEAK_CURVES: Readonly<Record<string, number>> = { "1.2.840.10045.3.1.1": 192, "1.3.132.0.33": 224 };
// Keys that can be read and serve for nothing here: DSA, Diffie-Hellman, X25519, X448, Ed448, ML-DSA
const OTHER_KEYS = [
  "1.2.840.10040.4.1", "1.2.840.10046.2.1", "1.2.840.113549.1.3.1", "1.3.101.110", "1.3.101.111", "1.3.101.113",
  "2.16.840.1.101.3.4.3.17", "2.16.840.1.101.3.4.3.18", "2.16.840.1.101.3.4.3.19",
];
const MAX_EXPONENT_BITS = 64;

export type PublicKey =
  | { kind: "rsa"; modulus: bigint; exponent: bigint; bits: number }
  | { kind: "ec"; curve: Curve | null; point: Bytes; bits: number }
  | { kind: "ed25519"; key: Bytes }
  | { kind: "other" };

/** The key in a SubjectPublicKeyInfo. Raises DerError. */
export function readPublicKey(info: Element): PublicKey {
  const parts = new Parts(info.content);
  const algorithm = parts.parts();
  const name = oid(algorithm.take(0x06).content);
  const { bytes, unused } = bitString(parts.take(0x03).content);
  if (unused) throw new DerError("a key that is not whole bytes");
  if (name === "1.2.840.113549.1.1.1" || name === "1.2.840.113549.1.1.10") {
    const key = Parts.of(bytes);
    const [modulus, exponent] = [integer(key.take(0x02).content), integer(key.take(0x02).content)];
    key.done();
    if (modulus <= 0n || exponent < 3n || !(exponent & 1n) || exponent >= modulus) throw new DerError("no RSA key");
    return { kind: "rsa", modulus, exponent, bits: modulus.toString(2).length };
  }
  if (name === "1.2.840.10045.2.1") {
    const named = oid(algorithm.take(0x06).content);
    if (named in WEAK_CURVES) return { kind: "ec", curve: null, point: bytes, bits: WEAK_CURVES[named] };
    const found = CURVES[named];
    if (!found) throw new DerError("an unknown curve");
    try {
      found[0].Point.fromBytes(bytes);
    } catch {
      throw new DerError("no point of its curve");
    }
    return { kind: "ec", curve: found[0], point: bytes, bits: found[1] };
  }
  if (name === "1.3.101.112") {
    if (bytes.length !== 32) throw new DerError("no Ed25519 key");
    return { kind: "ed25519", key: Uint8Array.from(bytes) };
  }
  if (!OTHER_KEYS.includes(name)) throw new DerError(`the key algorithm ${name} is unknown`);
  return { kind: "other" };
}

// DER of DigestInfo up to the digest: the prefixes of RFC 8017, section 9.2, note 1
const HASH_OIDS: Readonly<Record<string, string>> = {
  sha1: "2b0e03021a", sha256: "608648016503040201", sha384: "608648016503040202", sha512: "608648016503040203",
  sha3_256: "608648016503040208", sha3_384: "608648016503040209", sha3_512: "60864801650304020a",
};

/** RSASSA-PKCS1-v1_5. */
export function verifyPkcs1(key: PublicKey & { kind: "rsa" }, hash: string, signature: Bytes, message: Bytes): boolean {
  const encoded = power(key, signature);
  if (!encoded) return false;
  const named = fromHex(HASH_OIDS[hash]);
  const value = digest(hash, message);
  const info = concat(
    Uint8Array.of(0x30, named.length + value.length + 8, 0x30, named.length + 4, 0x06, named.length), named,
    Uint8Array.of(0x05, 0x00, 0x04, value.length), value,
  );
  const padding = encoded.length - info.length - 3;
  if (padding < 8) return false;
  const wanted = concat(Uint8Array.of(0, 1), new Uint8Array(padding).fill(0xff), Uint8Array.of(0), info);
  return equal(encoded, wanted);
}

/** RSASSA-PSS with MGF1. `salt`: its length, null for any. Source: RFC 8017, section 9.1.2. */
export function verifyPss(
  key: PublicKey & { kind: "rsa" }, hash: string, mask: string, salt: number | null, signature: Bytes, message: Bytes,
): boolean {
  const encoded = power(key, signature);
  if (!encoded) return false;
  const bits = key.bits - 1;
  const size = Math.ceil(bits / 8);
  const block = encoded.subarray(encoded.length - size);
  if (encoded.subarray(0, encoded.length - size).some((byte) => byte !== 0)) return false;
  const hashed = digest(hash, message);
  const split = size - hashed.length - 1;
  if (split < 1 || block[size - 1] !== 0xbc) return false;
  const [masked, found] = [block.subarray(0, split), block.subarray(split, size - 1)];
  const spare = 8 * size - bits;
  if (spare && masked[0] >> (8 - spare)) return false;
  const data = masked.map((byte, at) => byte ^ maskOf(found, split, mask)[at]);
  data[0] &= 0xff >> spare;
  const one = data.findIndex((byte) => byte !== 0);
  if (one < 0 || data[one] !== 1) return false;
  const salted = data.subarray(one + 1);
  if (salt !== null && salted.length !== salt) return false;
  return equal(digest(hash, new Uint8Array(8), hashed, salted), found);
}

const masks = new Map<string, Bytes>();

function maskOf(seed: Bytes, size: number, hash: string): Bytes {
  const known = `${hash} ${size} ${toBigInt(seed)}`;
  const kept = masks.get(known);
  if (kept) return kept;
  const parts: Bytes[] = [];
  for (let counter = 0, have = 0; have < size; counter++) {
    const part = digest(hash, seed, bigEndian(counter, 4));
    parts.push(part);
    have += part.length;
  }
  masks.clear();
  const mask = concat(...parts).subarray(0, size);
  masks.set(known, mask);
  return mask;
}

/** The signature to the power of the exponent, as many bytes as the modulus has; null for what is no signature. */
function power(key: PublicKey & { kind: "rsa" }, signature: Bytes): Bytes | null {
  const size = Math.ceil(key.bits / 8);
  const value = toBigInt(signature);
  if (signature.length !== size || value >= key.modulus) return null;
  if (key.exponent.toString(2).length > MAX_EXPONENT_BITS) return null;
  let result = 1n;
  for (const bit of key.exponent.toString(2)) {
    result = (result * result) % key.modulus;
    if (bit === "1") result = (result * value) % key.modulus;
  }
  return bigEndian(result, size);
}

/** ECDSA with a signature in DER. */
export function verifyEcdsa(key: PublicKey & { kind: "ec" }, hash: string, signature: Bytes, message: Bytes): boolean {
  if (!key.curve || !(hash in HASHES)) return false;
  let r: bigint;
  let s: bigint;
  try {
    const parts = Parts.of(signature);
    [r, s] = [integer(parts.take(0x02).content), integer(parts.take(0x02).content)];
    parts.done();
  } catch (exc) {
    if (exc instanceof DerError) return false;
    throw exc;
  }
  const { ORDER, BYTES } = key.curve.Point.Fn;
  if (r <= 0n || s <= 0n || r >= ORDER || s >= ORDER) return false;
  const compact = concat(bigEndian(r, BYTES), bigEndian(s, BYTES));
  return key.curve.verify(compact, digest(hash, message), key.point, { prehash: false, lowS: false });
}

export function verifyRaw(key: PublicKey & { kind: "ed25519" }, signature: Bytes, message: Bytes): boolean {
  return verifyEd25519(key.key, signature, message);
}

// The proof that a time-stamp token carries in itself: who signed it, and that the signature is that certificate's.

import { type Bytes, digest, equal, hex } from "./bytes";
import { hasBit } from "./der";
import { TokenInvalid } from "./errors";
import { type PublicKey, verifyEcdsa, verifyPkcs1, verifyPss, verifyRaw } from "./public_key";
import type { CertificateId, SignerInfo, Token } from "./tsp_read";
import { Certificate, Name, basicConstraints, extendedKeyUsage, keyUsage, subjectKeyId } from "./x509";

export const MIN_RSA_BITS = 2048;
export const MIN_EC_BITS = 256;

const ALGORITHMS: Readonly<Record<string, [string, string | null]>> = {
  "1.2.840.113549.1.1.1": ["RSA", null],
  "1.2.840.113549.1.1.11": ["RSA", "sha256"],
  "1.2.840.113549.1.1.12": ["RSA", "sha384"],
  "1.2.840.113549.1.1.13": ["RSA", "sha512"],
  "2.16.840.1.101.3.4.3.14": ["RSA", "sha3_256"],
  "2.16.840.1.101.3.4.3.15": ["RSA", "sha3_384"],
  "2.16.840.1.101.3.4.3.16": ["RSA", "sha3_512"],
  "1.2.840.113549.1.1.10": ["RSA-PSS", null],
  "1.2.840.10045.2.1": ["ECDSA", null],
  "1.2.840.10045.4.3.2": ["ECDSA", "sha256"],
  "1.2.840.10045.4.3.3": ["ECDSA", "sha384"],
  "1.2.840.10045.4.3.4": ["ECDSA", "sha512"],
  "2.16.840.1.101.3.4.3.10": ["ECDSA", "sha3_256"],
  "2.16.840.1.101.3.4.3.11": ["ECDSA", "sha3_384"],
  "2.16.840.1.101.3.4.3.12": ["ECDSA", "sha3_512"],
  "1.3.101.112": ["Ed25519", null],
};
const WEAK: Readonly<Record<string, string>> = {
  "1.2.840.113549.1.1.2": "MD2 with RSA",
  "1.2.840.113549.1.1.4": "MD5 with RSA",
  "1.2.840.113549.1.1.5": "SHA-1 with RSA",
  "1.3.14.3.2.29": "SHA-1 with RSA",
  "1.2.840.113549.1.1.14": "SHA-224 with RSA",
  "1.2.840.10045.4.1": "SHA-1 with ECDSA",
  "1.2.840.10045.4.3.1": "SHA-224 with ECDSA",
  "1.2.840.10040.4.3": "SHA-1 with DSA",
};
const KEY_NAMES = { rsa: "RSAPublicKey", ec: "ECPublicKey", ed25519: "Ed25519PublicKey", other: "PublicKey" } as const;

/** Returns DER of the signer's certificate, which nothing vouches for yet. Raises TokenInvalid. */
export function checkSignature(token: Token, certificates: readonly Bytes[]): Bytes {
  // 1. The signed attributes are about this content.
  const info = token.signer;
  const own = digest(info.digest, token.content);
  if (!equal(own, info.messageDigest))
    throw new TokenInvalid(
      "token-signature-invalid",
      `the time stamp's digest is ${hex(own).slice(0, 16)}..., signed is ${hex(info.messageDigest).slice(0, 16)}...`,
    );

  // 2. The signer's certificate is at hand, and is the one that the attributes name.
  const signer = signerCertificate(info, [...token.certificates, ...certificates]);

  // 3. Its key signed the attributes.
  const certificate = load(signer);
  const key = attempt(() => certificate.publicKey(), "the key of the signer's certificate cannot be used");
  verify(info, key);

  // 4. It is for time stamps, and for nothing else.
  checkLeaf(certificate);
  return signer;
}

/** What a library's fault means here; the words of the fault are the library's own. */
function attempt<T>(work: () => T, what: string): T {
  try {
    return work();
  } catch (exc) {
    throw new TokenInvalid("token-invalid", `${what}: ${(exc as Error).message.slice(0, 200)}`);
  }
}

function load(der: Bytes): Certificate {
  return attempt(() => new Certificate(der), "the signer's certificate cannot be read");
}

function checkLeaf(certificate: Certificate): void {
  const found = attempt(() => certificate.extensions(), "the extensions of the signer's certificate cannot be read");
  const usage = found.find((one) => one.oid === "2.5.29.37");
  if (!usage) throw wrongUse("its signer's certificate has no extended key usage, so it is not for time stamps");
  const kinds = extendedKeyUsage(usage);
  if (kinds.length !== 1 || kinds[0] !== "1.3.6.1.5.5.7.3.8") {
    const listed = kinds.join(", ").slice(0, 200);
    throw wrongUse(`its signer's certificate is for ${listed || "nothing"}, and not for time stamps alone`);
  }
  if (!usage.critical) throw wrongUse("its signer's certificate does not mark its use for time stamps as critical");
  const basic = found.find((one) => one.oid === "2.5.29.19");
  if (basic && basicConstraints(basic).ca)
    throw wrongUse("its signer's certificate is an authority's (CA), not one for time stamps");
  const keys = found.find((one) => one.oid === "2.5.29.15");
  if (keys) {
    const bits = keyUsage(keys);
    if ([2, 3, 4, 5, 6].some((bit) => hasBit(bits, bit)) || !(hasBit(bits, 0) || hasBit(bits, 1)))
      throw wrongUse("the key usage of its signer's certificate is not signing alone");
  }
}

function signerCertificate(info: SignerInfo, certificates: readonly Bytes[]): Bytes {
  const different = [...new Map(certificates.map((der) => [hex(der), der])).values()];
  const named = different.filter((der) => isNamed(der, info));
  if (!named.length) {
    const wanted = info.serial !== null ? `number ${info.serial.toString(16)}` : `key ${hex(info.keyId as Bytes).slice(0, 40)}`;
    throw new TokenInvalid(
      "token-certificate-missing",
      `the signer's certificate (${wanted}) is not among the ${certificates.length} at hand`,
    );
  }
  const found = named.find((der) => info.certificateIds.every((id) => isIdentified(der, id)));
  if (!found)
    throw new TokenInvalid(
      "token-certificate-differs",
      "the certificate of the signer's name is not the one that the signed attributes name by digest",
    );
  return found;
}

/** Whether the signature names this certificate; one that cannot be read is nobody's. */
function isNamed(der: Bytes, info: SignerInfo): boolean {
  try {
    const certificate = new Certificate(der);
    if (info.keyId !== null) {
      const extension = certificate.extensions().find((one) => one.oid === "2.5.29.14");
      return extension !== undefined && equal(subjectKeyId(extension), info.keyId);
    }
    return certificate.serial === info.serial && isSameName(certificate.issuer, info.issuer);
  } catch {
    return false;
  }
}

function isIdentified(der: Bytes, id: CertificateId): boolean {
  if (!equal(digest(id.hash, der), id.digest)) return false;
  if (id.issuer === null) return true;
  const certificate = load(der);
  return certificate.serial === id.serial && isSameName(certificate.issuer, id.issuer);
}

function isSameName(name: Name, der: Bytes | null): boolean {
  return der !== null && (equal(name.raw, der) || name.equals(new Name(der)));
}

function verify(info: SignerInfo, key: PublicKey): void {
  if (info.algorithm in WEAK)
    throw new TokenInvalid("token-algorithm-weak", `the signature is ${WEAK[info.algorithm]}, which is broken`);
  const found = ALGORITHMS[info.algorithm];
  if (!found) throw invalid(`the signature's algorithm ${info.algorithm.slice(0, 80)} is unknown`);
  const kind = found[0];
  const hash = info.pss ? info.pss.hash : found[1];
  if (hash !== null && hash !== info.digest) throw invalid(`the signature is over ${hash}, but its digest is ${info.digest}`);
  if (!info.signed.some((one) => verifyBytes(info, kind, key, one)))
    throw new TokenInvalid("token-signature-invalid", `the ${kind} signature was not made by the key of the signer's certificate`);
}

function verifyBytes(info: SignerInfo, kind: string, key: PublicKey, signed: Bytes): boolean {
  if ((kind === "RSA" || kind === "RSA-PSS") && key.kind === "rsa") {
    if (key.bits < MIN_RSA_BITS) throw weakKey(key.bits, MIN_RSA_BITS);
    if (!info.pss) return verifyPkcs1(key, info.digest, info.signature, signed);
    return verifyPss(key, info.digest, info.pss.mask, info.pss.salt, info.signature, signed);
  }
  if (kind === "ECDSA" && key.kind === "ec") {
    if (key.bits < MIN_EC_BITS) throw weakKey(key.bits, MIN_EC_BITS);
    return verifyEcdsa(key, info.digest, info.signature, signed);
  }
  if (kind === "Ed25519" && key.kind === "ed25519") return verifyRaw(key, info.signature, signed);
  throw new TokenInvalid("token-signature-invalid", `the signature is ${kind}, the signer's key is ${KEY_NAMES[key.kind]}`);
}

function weakKey(bits: number, least: number): TokenInvalid {
  return new TokenInvalid("token-algorithm-weak", `the signer's key has ${bits} bits, at least ${least} are needed`);
}

function wrongUse(detail: string): TokenInvalid {
  return new TokenInvalid("token-key-usage", detail);
}

function invalid(detail: string): TokenInvalid {
  return new TokenInvalid("token-invalid", detail);
}

// X.509 certificates and revocation lists, as far as a verification needs them. Read as the Python program's library
// reads them: the whole structure in DER at once, names, keys and extensions when they are asked for.

import { type Bytes, equal, fromUtf8, hex } from "./bytes";
import { DerError, type Element, Parts, bitString, boolean, checkSorted, elements, integer, oid, time } from "./der";
import { type PublicKey, readPublicKey, verifyEcdsa, verifyPkcs1, verifyPss, verifyRaw } from "./public_key";

type Attribute = { oid: string; value: string };

/** A distinguished name: its DER, and its attributes once they are asked for. */
export class Name {
  constructor(readonly raw: Bytes) {
    for (const rdn of elements(elements(raw)[0].content)) {
      if (rdn.tag !== 0x31) throw new DerError("no name");
      const found = elements(rdn.content);
      checkSorted(found);
      for (const attribute of found) {
        const parts = new Parts(attribute.content);
        if (attribute.tag !== 0x30) throw new DerError("no name");
        oid(parts.take(0x06).content);
        const value = parts.take();
        parts.done();
        if (value.tag === 0x1c || value.tag === 0x1e) wideText(value.content, value.tag === 0x1e ? 2 : 4);
      }
    }
  }

  private attributes(): Attribute[][] {
    return elements(elements(this.raw)[0].content).map((rdn) =>
      elements(rdn.content).map((attribute) => {
        const parts = new Parts(attribute.content);
        const kind = oid(parts.take(0x06).content);
        return { oid: kind, value: textOf(kind, parts.take()) };
      }),
    );
  }

  /** Equal by parts and texts; whether a text is written as UTF8String does not matter. */
  equals(other: Name): boolean {
    const key = (name: Name): string =>
      JSON.stringify(name.attributes().map((rdn) => [...new Set(rdn.map((one) => JSON.stringify([one.oid, one.value])))].sort()));
    return equal(this.raw, other.raw) || key(this) === key(other);
  }

  /** As RFC 4514 writes it: the last part first. */
  toText(): string {
    const rdns = this.attributes().map((rdn) => rdn.map((one) => `${SHORT[one.oid] ?? one.oid}=${escaped(one.value)}`).join("+"));
    return rdns.reverse().join(",");
  }
}

const SHORT: Readonly<Record<string, string>> = {
  "2.5.4.3": "CN", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.6": "C", "2.5.4.9": "STREET",
  "0.9.2342.19200300.100.1.25": "DC", "0.9.2342.19200300.100.1.1": "UID",
};

function escaped(value: string): string {
  let text = value.replace(/[\\"+,;<>]/g, "\\$&").replaceAll("\0", "\\00");
  if (text[0] === "#" || text[0] === " ") text = "\\" + text;
  return text.endsWith(" ") ? text.slice(0, -1) + "\\ " : text;
}

const TEXT_TAGS = [0x04, 0x0c, 0x12, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1a, 0x1c, 0x1e];
const UNIQUE_ID = "2.5.4.45";

function textOf(kind: string, value: Element): string {
  if (!TEXT_TAGS.includes(value.tag) && !(value.tag === 0x03 && kind === UNIQUE_ID)) throw new DerError("a name that is no text");
  if (value.tag === 0x1e || value.tag === 0x1c) return wideText(value.content, value.tag === 0x1e ? 2 : 4);
  if (value.tag === 0x03) return "#" + hex(value.content);
  const text = fromUtf8(value.content);
  if (typeof text === "number") throw new DerError("a name that is no text");
  return text;
}

/** Text of two or four bytes a unit, big-endian. */
function wideText(content: Bytes, width: number): string {
  let text = "";
  if (content.length % width) throw new DerError("a name that is no text");
  for (let at = 0; at < content.length; at += width) {
    const code = content.subarray(at, at + width).reduce((sum, byte) => sum * 256 + byte, 0);
    if (code > 0x10ffff) throw new DerError("a name that is no text");
    text += width === 2 ? String.fromCharCode(code) : String.fromCodePoint(code);
  }
  if (!text.isWellFormed()) throw new DerError("a name that is no text");
  return text;
}

export interface Extension {
  oid: string;
  critical: boolean;
  value: Bytes;
}

interface Algorithm {
  oid: string;
  raw: Bytes;
  parameters: Element | null;
}

const EC_KEY = "1.2.840.10045.2.1";
const NO_PARAMETERS = ["1.3.101.112", "1.3.101.113", "2.16.840.1.101.3.4.3.9", "2.16.840.1.101.3.4.3.10", "2.16.840.1.101.3.4.3.11", "2.16.840.1.101.3.4.3.12"];
const NULL_PARAMETERS = /^(1\.2\.840\.113549\.1\.1\.(1|5|1[1-4])|1\.2\.840\.10045\.4\.3\.[1-4]|2\.16\.840\.1\.101\.3\.4\.(2\.([1-4]|[7-9]|10)|3\.1[3-6]))$/;

function readAlgorithm(element: Element): Algorithm {
  const parts = new Parts(element.content);
  if (element.tag !== 0x30) throw new DerError("no algorithm");
  const name = oid(parts.take(0x06).content);
  const parameters = parts.isDone() ? null : parts.take();
  parts.done();
  if (parameters && NO_PARAMETERS.includes(name)) throw new DerError("an algorithm with parameters that it has not");
  if (parameters && NULL_PARAMETERS.test(name) && (parameters.tag !== 0x05 || parameters.content.length))
    throw new DerError("an algorithm with parameters that it has not");
  if (name === EC_KEY && (!parameters || ![0x05, 0x06, 0x30].includes(parameters.tag))) throw new DerError("a key without a curve");
  if (name === EC_KEY && parameters?.tag === 0x06) oid(parameters.content);
  return { oid: name, raw: element.raw, parameters };
}

/** Name of the hash that an issuer signed; null where the algorithm hashes by itself. Raises DerError for unknown ones. */
function hashOf(algorithm: Algorithm): string | null {
  if (algorithm.oid === "1.2.840.113549.1.1.10") return pssOf(algorithm).hash;
  if (algorithm.oid in SIGNATURES) return SIGNATURES[algorithm.oid][1];
  throw new DerError(`the signature algorithm ${algorithm.oid} is unknown`);
}

const SIGNATURES: Readonly<Record<string, ["rsa" | "ec" | "ed25519", string | null]>> = {
  "1.2.840.113549.1.1.4": ["rsa", "md5"],
  "1.2.840.113549.1.1.5": ["rsa", "sha1"],
  "1.3.14.3.2.29": ["rsa", "sha1"],
  "1.2.840.113549.1.1.14": ["rsa", "sha224"],
  "1.2.840.113549.1.1.11": ["rsa", "sha256"],
  "1.2.840.113549.1.1.12": ["rsa", "sha384"],
  "1.2.840.113549.1.1.13": ["rsa", "sha512"],
  "2.16.840.1.101.3.4.3.14": ["rsa", "sha3_256"],
  "2.16.840.1.101.3.4.3.15": ["rsa", "sha3_384"],
  "2.16.840.1.101.3.4.3.16": ["rsa", "sha3_512"],
  "1.2.840.10045.4.3.1": ["ec", "sha224"],
  "1.2.840.10045.4.3.2": ["ec", "sha256"],
  "1.2.840.10045.4.3.3": ["ec", "sha384"],
  "1.2.840.10045.4.3.4": ["ec", "sha512"],
  "2.16.840.1.101.3.4.3.10": ["ec", "sha3_256"],
  "2.16.840.1.101.3.4.3.11": ["ec", "sha3_384"],
  "2.16.840.1.101.3.4.3.12": ["ec", "sha3_512"],
  "1.3.101.112": ["ed25519", null],
};

const HASH_NAMES: Readonly<Record<string, string>> = {
  "1.3.14.3.2.26": "sha1",
  "2.16.840.1.101.3.4.2.4": "sha224",
  "2.16.840.1.101.3.4.2.1": "sha256",
  "2.16.840.1.101.3.4.2.2": "sha384",
  "2.16.840.1.101.3.4.2.3": "sha512",
};

function pssOf(algorithm: Algorithm): { hash: string; mask: string; salt: number } {
  const found = { hash: "sha1", mask: "sha1", salt: 20 };
  if (!algorithm.parameters) throw new DerError("RSA-PSS without parameters");
  const parts = new Parts(algorithm.parameters.content);
  const named = (element: Element): string => {
    const name = HASH_NAMES[readAlgorithm(element).oid];
    if (!name) throw new DerError("RSA-PSS with an unknown hash");
    return name;
  };
  const hash = parts.optional(0xa0);
  if (hash) found.hash = named(elements(hash.content)[0]);
  const mask = parts.optional(0xa1);
  if (mask) {
    const inner = Parts.of(mask.content);
    if (oid(inner.take(0x06).content) !== "1.2.840.113549.1.1.8") throw new DerError("RSA-PSS with another mask");
    found.mask = named(inner.take(0x30));
  }
  const salt = parts.optional(0xa2);
  if (salt) found.salt = Number(integer(elements(salt.content)[0].content));
  return found;
}

/** Whether `key` signed `data` as this algorithm says. Raises DerError for algorithms that are unknown. */
function isSigned(key: PublicKey, algorithm: Algorithm, signature: Bytes, data: Bytes): boolean {
  if (algorithm.oid === "1.2.840.113549.1.1.10") {
    const { hash, mask, salt } = pssOf(algorithm);
    return key.kind === "rsa" && hash !== "sha224" && verifyPss(key, hash, mask, salt, signature, data);
  }
  const [kind, hash] = SIGNATURES[algorithm.oid] ?? ["", null];
  if (hash === "md5" || hash === "sha224") return false; // too weak to matter: refused before and after
  if (kind === "rsa" && key.kind === "rsa") return verifyPkcs1(key, hash as string, signature, data);
  if (kind === "ec" && key.kind === "ec") return verifyEcdsa(key, hash as string, signature, data);
  if (kind === "ed25519" && key.kind === "ed25519") return verifyRaw(key, signature, data);
  throw new DerError("key and algorithm do not fit");
}

export class Certificate {
  readonly serial: bigint;
  readonly issuer: Name;
  readonly subject: Name;
  readonly begins: number;
  readonly ends: number;
  readonly signature: Bytes;
  private readonly tbs: Bytes;
  private readonly algorithm: Algorithm;
  private readonly inner: Algorithm;
  private readonly keyInfo: Element;
  private readonly rawExtensions: Extension[];

  /** Raises DerError. */
  constructor(readonly der: Bytes) {
    const outer = Parts.of(der);
    const body = outer.take(0x30);
    this.tbs = body.raw;
    this.algorithm = readAlgorithm(outer.take());
    this.signature = bitString(outer.take(0x03).content).bytes;
    outer.done();
    const parts = new Parts(body.content);
    const version = parts.optional(0xa0);
    const given = version && new Parts(version.content);
    const number = given ? integer(given.take(0x02).content) : 0n;
    given?.done();
    if (version && number === 0n) throw new DerError("a version that could be left out");
    if (number !== 0n && number !== 2n) throw new DerError(`version ${number}`);
    this.serial = integer(parts.take(0x02).content);
    this.inner = readAlgorithm(parts.take());
    this.issuer = new Name(parts.take(0x30).raw);
    const validity = parts.parts();
    [this.begins, this.ends] = [time(validity.take()), time(validity.take())];
    validity.done();
    this.subject = new Name(parts.take(0x30).raw);
    this.keyInfo = parts.take(0x30);
    const info = new Parts(this.keyInfo.content);
    readAlgorithm(info.take());
    bitString(info.take(0x03).content);
    info.done();
    for (const tag of [0x81, 0x82]) {
      const id = parts.optional(tag);
      if (id) bitString(id.content);
    }
    const extensions = parts.optional(0xa3);
    parts.done();
    this.rawExtensions = extensions ? readExtensions(extensions.content) : [];
  }

  /** Raises DerError for duplicates, and for known ones that cannot be read. */
  extensions(): Extension[] {
    return checked(this.rawExtensions);
  }

  publicKey(): PublicKey {
    return readPublicKey(this.keyInfo);
  }

  signatureHash(): string | null {
    return hashOf(this.algorithm);
  }

  /** Check that `issuer` has the issuer's name, byte for byte, and its key signed. Raises DerError. */
  checkIssuedBy(issuer: Certificate): void {
    if (!equal(this.issuer.raw, issuer.subject.raw)) throw new DerError("another issuer");
    if (!equal(this.algorithm.raw, this.inner.raw)) throw new DerError("two algorithms");
    if (!isSigned(issuer.publicKey(), this.algorithm, this.signature, this.tbs)) throw new DerError("a false signature");
  }
}

function readExtensions(content: Bytes): Extension[] {
  const found: Extension[] = [];
  for (const element of Parts.of(content).rest()) {
    if (element.tag !== 0x30) throw new DerError("no extension");
    const parts = new Parts(element.content);
    const name = oid(parts.take(0x06).content);
    const critical = parts.optional(0x01);
    if (critical && !boolean(critical.content)) throw new DerError("a false that could be left out");
    found.push({ oid: name, critical: critical !== null, value: parts.take(0x04).content });
    parts.done();
  }
  return found;
}

const READERS: Readonly<Record<string, (value: Bytes) => unknown>> = {
  "2.5.29.14": (value) => subjectKeyId({ value }),
  "2.5.29.15": (value) => keyUsage({ value }),
  "2.5.29.19": (value) => basicConstraints({ value }),
  "2.5.29.37": (value) => extendedKeyUsage({ value }),
  "2.5.29.17": generalNames,
  "2.5.29.18": generalNames,
  "2.5.29.31": (value) => Parts.of(value),
  "2.5.29.32": (value) => Parts.of(value),
  "2.5.29.35": (value) => Parts.of(value),
};

const NAME_TAGS = [0xa0, 0x81, 0x82, 0xa4, 0x86, 0x87, 0x88];

function generalNames(value: Bytes): void {
  for (const name of Parts.of(value).rest()) {
    const isText = [0x81, 0x82, 0x86].includes(name.tag);
    const isAddress = name.tag === 0x87;
    if (!NAME_TAGS.includes(name.tag) || (isText && name.content.some((byte) => byte > 0x7f))) throw new DerError("no name");
    if (isAddress && ![4, 16].includes(name.content.length)) throw new DerError("no address");
  }
}

function checked(found: readonly Extension[]): Extension[] {
  if (new Set(found.map((one) => one.oid)).size !== found.length) throw new DerError("an extension twice");
  for (const one of found) READERS[one.oid]?.(one.value);
  return [...found];
}

export function subjectKeyId(extension: { value: Bytes }): Bytes {
  const found = elements(extension.value);
  if (found.length !== 1 || found[0].tag !== 0x04) throw new DerError("no key identifier");
  return found[0].content;
}

export function keyUsage(extension: { value: Bytes }): Bytes {
  const found = elements(extension.value);
  if (found.length !== 1 || found[0].tag !== 0x03) throw new DerError("no key usage");
  return bitString(found[0].content).bytes;
}

export function basicConstraints(extension: { value: Bytes }): { ca: boolean; pathLength: number | null } {
  const parts = Parts.of(extension.value);
  const given = parts.optional(0x01);
  if (given && !boolean(given.content)) throw new DerError("a false that could be left out");
  const length = parts.optional(0x02);
  parts.done();
  return { ca: given !== null, pathLength: length && Number(integer(length.content)) };
}

export function extendedKeyUsage(extension: { value: Bytes }): string[] {
  return [...Parts.of(extension.value).rest()].map((one) => {
    if (one.tag !== 0x06) throw new DerError("no purpose");
    return oid(one.content);
  });
}

export interface Revoked {
  when: number;
  reason: number | null;
}

export class RevocationList {
  readonly issuer: Name;
  readonly extensions: Extension[];
  private readonly tbs: Bytes;
  private readonly algorithm: Algorithm;
  private readonly inner: Algorithm;
  private readonly signature: Bytes;
  private readonly entries: Element[];

  /** Raises DerError. */
  constructor(der: Bytes) {
    const outer = Parts.of(der);
    const body = outer.take(0x30);
    this.tbs = body.raw;
    this.algorithm = readAlgorithm(outer.take());
    this.signature = bitString(outer.take(0x03).content).bytes;
    outer.done();
    const parts = new Parts(body.content);
    const version = parts.optional(0x02);
    if (version && integer(version.content) !== 1n) throw new DerError("another version");
    this.inner = readAlgorithm(parts.take());
    this.issuer = new Name(parts.take(0x30).raw);
    time(parts.take());
    if (parts.peek() === 0x17 || parts.peek() === 0x18) time(parts.take());
    const revoked = parts.optional(0x30);
    this.entries = revoked ? elements(revoked.content) : [];
    const extensions = parts.optional(0xa0);
    parts.done();
    this.extensions = checked(extensions ? readExtensions(extensions.content) : []);
  }

  isSignedBy(key: PublicKey): boolean {
    return equal(this.algorithm.raw, this.inner.raw) && isSigned(key, this.algorithm, this.signature, this.tbs);
  }

  revoked(serial: bigint): Revoked | null {
    for (const entry of this.entries) {
      const parts = new Parts(entry.content);
      if (integer(parts.take(0x02).content) !== serial) continue;
      const when = time(parts.take());
      const given = parts.optional(0x30);
      const reason = given && readExtensions(given.raw).find((one) => one.oid === "2.5.29.21");
      return { when, reason: reason ? Number(integer(elements(reason.value)[0].content)) : null };
    }
    return null;
  }
}

// Read RFC 3161 tokens. Nothing is judged here beyond form: what is read is what the bytes say. As tsp_read.py, which
// passes over parts that nothing is read from, and over what follows the parts that a structure has.
//
//     ContentInfo (signedData) > SignedData > EncapsulatedContentInfo (id-ct-TSTInfo) > OCTET STRING > TSTInfo
//                                           > certificates, one SignerInfo > signedAttrs, signature

import { type Bytes, compare, concat, repr } from "./bytes";
import { DerError, type Element, Parts, encode, oid as strictOid, secondsOf, signed } from "./der";
import { TokenInvalid } from "./errors";
import { children, definite } from "./tsp_ber";

const oid = (content: Bytes): string => strictOid(content, false);
export const MAX_TOKEN_BYTES = 64 * 1024;
const MAX_CERTIFICATES = 32;
const MAX_INTEGER_BITS = 512;
const MAX_ACCURACY_SECONDS = 10n * 366n * 86_400n;

export const HASHES: Readonly<Record<string, string>> = {
  "2.16.840.1.101.3.4.2.1": "sha256",
  "2.16.840.1.101.3.4.2.2": "sha384",
  "2.16.840.1.101.3.4.2.3": "sha512",
  "2.16.840.1.101.3.4.2.8": "sha3_256",
  "2.16.840.1.101.3.4.2.9": "sha3_384",
  "2.16.840.1.101.3.4.2.10": "sha3_512",
};
const WEAK_HASHES: Readonly<Record<string, string>> = {
  "1.2.840.113549.2.2": "md2",
  "1.2.840.113549.2.5": "md5",
  "1.3.14.3.2.26": "sha1",
  "1.3.36.3.2.1": "ripemd160",
  "2.16.840.1.101.3.4.2.4": "sha224",
  "2.16.840.1.101.3.4.2.7": "sha3_224",
};
const SIGNED_DATA = "1.2.840.113549.1.7.2";
const TST_INFO = "1.2.840.113549.1.9.16.1.4";
const CONTENT_TYPE = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
const SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12";
const SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47";
const RSA_PSS = "1.2.840.113549.1.1.10";
const MGF1 = "1.2.840.113549.1.1.8";

/** The signer's certificate by ESSCertID or ESSCertIDv2. */
export interface CertificateId {
  hash: string;
  digest: Bytes;
  issuer: Bytes | null;
  serial: bigint | null;
}

export interface SignerInfo {
  issuer: Bytes | null;
  serial: bigint | null;
  keyId: Bytes | null;
  digest: string;
  algorithm: string;
  pss: { hash: string; mask: string; salt: number } | null;
  signed: Bytes[];
  messageDigest: Bytes;
  certificateIds: CertificateId[];
  signature: Bytes;
}

export interface Token {
  policy: string;
  hashName: string;
  imprint: Bytes;
  serial: bigint;
  genTime: number;
  genTimeUs: number;
  accuracyUs: bigint | null;
  certificates: Bytes[];
  content: Bytes;
  signer: SignerInfo;
}

/** Raises TokenInvalid (token-invalid, token-algorithm-weak). */
export function readToken(data: Bytes): Token {
  if (data.length > MAX_TOKEN_BYTES) throw invalid(`the token has ${data.length} bytes, at most ${MAX_TOKEN_BYTES} are allowed`);
  try {
    return read(data);
  } catch (exc) {
    if (exc instanceof DerError) throw invalid(`the token cannot be read: ${exc.message}`);
    throw exc;
  }
}

function open(data: Bytes, tag = 0x30): Parts {
  return Parts.of(data, tag, false);
}

function read(data: Bytes): Token {
  const outer = open(definite(data));
  const kind = oid(outer.take(0x06).content);
  if (kind !== SIGNED_DATA) throw invalid(`it is no signed data, but ${kind.slice(0, 80)}`);
  const wrapped = outer.take(0xa0);
  const parts = open(wrapped.content);
  parts.take(0x02);
  parts.take(); // digestAlgorithms, of which nothing is used
  const encapsulated = parts.parts();
  const certificates = parts.optional(0xa0);
  parts.optional(0xa1);
  const signers = [...parts.parts(0x31).rest()];
  const content = readContent(encapsulated);
  if (signers.length !== 1) throw invalid(`a token has exactly one signature, this one has ${signers.length}`);
  const signer = readSigner(signers[0].raw);
  const found = certificates ? [...new Parts(certificates.content, false).rest()] : [];
  if (!found.every(isCertificateChoice)) throw new DerError("a certificate of no kind that there is");
  const own = found.filter((one) => one.tag === 0x30).map((one) => Uint8Array.from(one.raw));
  if (own.length > MAX_CERTIFICATES)
    throw invalid(`${own.length} certificates came along, at most ${MAX_CERTIFICATES} are looked at`);
  return readInfo(content, own, signer);
}

/** A certificate, or [0] to [3]: attribute certificates and unknown kinds, which are passed over. */
function isCertificateChoice({ tag }: Element): boolean {
  return tag === 0x30 || ((tag & 0xc0) === 0x80 && (tag & 0x1f) <= 3);
}

function readContent(encapsulated: Parts): Bytes {
  const kind = oid(encapsulated.take(0x06).content);
  if (kind !== TST_INFO) throw invalid(`what is signed is no time stamp (TSTInfo), but ${kind.slice(0, 80)}`);
  const wrapped = encapsulated.optional(0xa0);
  if (!wrapped) throw invalid("the time stamp does not come along with its signature");
  const inner = new Parts(wrapped.content, false);
  if (inner.peek() !== 0x04) throw invalid("the time stamp does not come along with its signature");
  return inner.take().content;
}

function readInfo(content: Bytes, certificates: Bytes[], signer: SignerInfo): Token {
  const info = open(definite(content));
  const version = signed(info.take(0x02).content);
  if (version !== 1n) throw invalid(`version ${String(version).slice(0, 80)} is unknown; version 1 is read`);
  const policy = oid(info.take(0x06).content);
  const imprint = info.parts();
  const hash = oid(imprint.parts().take(0x06).content);
  const hashed = imprint.take(0x04).content;
  const serial = info.take(0x02).content;
  const [genTime, genTimeUs] = readTime(info.take(0x18).content);
  const accuracy = info.optional(0x30);
  info.optional(0x01);
  const nonce = info.optional(0x02);
  info.optional(0xa0);
  const extensions = info.optional(0xa1);
  for (const extension of extensions ? new Parts(extensions.content, false).rest() : []) {
    const parts = new Parts(extension.content, false);
    const name = oid(parts.take(0x06).content);
    const critical = parts.optional(0x01);
    if (critical && critical.content[0] !== 0) throw invalid(`its critical extension ${name.slice(0, 80)} is unknown`);
  }
  const token: Token = {
    policy,
    hashName: hashOf(hash, "the imprint"),
    imprint: Uint8Array.from(hashed),
    serial: integer(serial, "serial number"),
    genTime,
    genTimeUs,
    accuracyUs: accuracy && readAccuracy(new Parts(accuracy.content, false)),
    certificates,
    content,
    signer,
  };
  if (nonce) integer(nonce.content, "nonce");
  return token;
}

function readSigner(data: Bytes): SignerInfo {
  const parts = open(data);
  parts.take();
  const sid = parts.take();
  if (sid.tag !== 0x30 && sid.tag !== 0x80) throw new DerError("no name of a signer");
  const digestOid = oid(parts.parts().take(0x06).content);
  const attributes = parts.optional(0xa0);
  const algorithm = parts.parts();
  const signature = parts.take(0x04).content;
  parts.optional(0xa1);
  if (!attributes) throw invalid("its signature covers no attributes");
  const values = new Map<string, Bytes[]>();
  for (const attribute of new Parts(attributes.content, false).rest()) {
    if (attribute.tag !== 0x30) throw new DerError("an attribute that is none");
    const inner = new Parts(attribute.content, false);
    const kind = oid(inner.take(0x06).content);
    if (values.has(kind)) throw invalid(`the signed attribute ${kind.slice(0, 80)} stands there twice`);
    values.set(kind, [...inner.parts(0x31).rest()].map((one) => one.raw));
  }
  if (oid(new Parts(only(values, CONTENT_TYPE, "content type"), false).take(0x06).content) !== TST_INFO)
    throw invalid("the signed attributes say another content type than a time stamp's");

  let issuer: Bytes | null = null;
  let serial: bigint | null = null;
  if (sid.tag === 0x30) {
    const named = new Parts(sid.content, false);
    issuer = named.take(0x30).raw;
    serial = integer(named.take(0x02).content, "certificate's number");
  }
  const digest = hashOf(digestOid, "the signature");
  const algorithmOid = oid(algorithm.take(0x06).content);
  return {
    issuer,
    serial,
    keyId: sid.tag === 0x80 ? sid.content : null,
    digest,
    algorithm: algorithmOid,
    pss: algorithmOid === RSA_PSS ? readPss(algorithm) : null,
    signed: signedBytes(attributes.content),
    messageDigest: new Parts(only(values, MESSAGE_DIGEST, "message digest"), false).take(0x04).content,
    certificateIds: certificateIds(values),
    signature: Uint8Array.from(signature),
  };
}

function only(attributes: ReadonlyMap<string, Bytes[]>, kind: string, name: string): Bytes {
  const values = attributes.get(kind);
  if (!values || values.length !== 1) throw invalid(`the signed attribute ${name} must stand there once, with one value`);
  return values[0];
}

/** What a signature may cover: the attributes as a SET in the order they came, and in DER's. */
function signedBytes(content: Bytes): Bytes[] {
  const asCame = encode(0x31, content);
  const inOrder = encode(0x31, concat(...children(asCame).sort(compare)));
  return compare(asCame, inOrder) === 0 ? [asCame] : [asCame, inOrder];
}

function certificateIds(attributes: ReadonlyMap<string, Bytes[]>): CertificateId[] {
  if (!attributes.has(SIGNING_CERTIFICATE) && !attributes.has(SIGNING_CERTIFICATE_V2))
    throw invalid("the signed attributes do not name the signer's certificate (ESSCertID)");
  const found: CertificateId[] = [];
  const first = (value: Bytes): Parts => open(value).parts().parts();
  if (attributes.has(SIGNING_CERTIFICATE)) {
    const parts = first(only(attributes, SIGNING_CERTIFICATE, "signing certificate"));
    found.push({ hash: "sha1", digest: parts.take(0x04).content, ...issuerSerial(parts) });
  }
  if (attributes.has(SIGNING_CERTIFICATE_V2)) {
    const parts = first(only(attributes, SIGNING_CERTIFICATE_V2, "signing certificate, version 2"));
    const given = parts.optional(0x30);
    const name = given ? oid(new Parts(given.content, false).take(0x06).content) : "2.16.840.1.101.3.4.2.1";
    const hash = hashOf(name, "the name of the signer's certificate");
    found.push({ hash, digest: parts.take(0x04).content, ...issuerSerial(parts) });
  }
  return found;
}

function issuerSerial(parts: Parts): { issuer: Bytes | null; serial: bigint | null } {
  const given = parts.optional(0x30);
  if (!given) return { issuer: null, serial: null };
  const inner = new Parts(given.content, false);
  const names = [...inner.parts().rest()];
  if (names.length !== 1 || names[0].tag !== 0xa4)
    throw invalid("the signer's certificate is named by something else than one issuer's name");
  const issuer = new Parts(names[0].content, false).take(0x30).raw;
  return { issuer, serial: integer(inner.take(0x02).content, "certificate's number") };
}

function readPss(algorithm: Parts): { hash: string; mask: string; salt: number } {
  const given = algorithm.optional(0x30);
  if (!given) throw invalid("the RSA-PSS signature states no parameters");
  const parts = new Parts(given.content, false);
  const named = (element: Bytes): string => oid(open(element).take(0x06).content);
  const hash = parts.optional(0xa0);
  const mask = parts.optional(0xa1);
  const salt = parts.optional(0xa2);
  const trailer = parts.optional(0xa3);
  const number = (element: Bytes): bigint => integer(new Parts(element, false).take(0x02).content, "length of salt");
  const inner = mask && open(mask.content);
  if ((inner && oid(inner.take(0x06).content) !== MGF1) || (trailer && number(trailer.content) !== 1n))
    throw invalid("the RSA-PSS signature uses another mask or trailer than MGF1 and 1");
  return {
    hash: hashOf(hash ? named(hash.content) : "1.3.14.3.2.26", "the RSA-PSS signature"),
    mask: hashOf(inner ? named(inner.take(0x30).raw) : "1.3.14.3.2.26", "the RSA-PSS mask"),
    salt: salt ? Number(number(salt.content)) : 20,
  };
}

/** Seconds and microseconds of a GeneralizedTime in UTC. */
function readTime(content: Bytes): [number, number] {
  const text = String.fromCharCode(...content);
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:[.,](\d{1,30}))?Z$/.exec(text);
  if (!match) throw invalid(`its time b${repr(text.slice(0, 40))} is not of the form 20260131235959.5Z`);
  const [year, month, day, hours, minutes, seconds] = match.slice(1, 7).map(Number);
  return [secondsOf(year, month, day, hours, minutes, seconds), Number((match[7] ?? "").padEnd(6, "0").slice(0, 6))];
}

function readAccuracy(parts: Parts): bigint {
  const number = (tag: number): bigint => {
    const given = parts.optional(tag);
    return given ? signed(given.content) : 0n;
  };
  const [seconds, millis, micros] = [number(0x02), number(0x80), number(0x81)];
  const isSmall = (value: bigint): boolean => value >= 0n && value <= 999n;
  if (seconds < 0n || seconds > MAX_ACCURACY_SECONDS || !isSmall(millis) || !isSmall(micros))
    throw invalid("its accuracy is out of range");
  return seconds * 1_000_000n + millis * 1000n + micros;
}

function integer(content: Bytes, name: string): bigint {
  if (!content.length) throw new DerError("an integer without bytes");
  const value = signed(content);
  const bits = (value < 0n ? -value : value).toString(2).length;
  if (bits > MAX_INTEGER_BITS) throw invalid(`its ${name} has ${bits} bits, at most ${MAX_INTEGER_BITS} are allowed`);
  return value;
}

function hashOf(name: string, where: string): string {
  if (name in WEAK_HASHES) throw new TokenInvalid("token-algorithm-weak", `${where} uses ${WEAK_HASHES[name]}, which is broken or too short`);
  if (!(name in HASHES)) throw invalid(`${where} uses the unknown hash ${name.slice(0, 80)}`);
  return HASHES[name];
}

function invalid(detail: string): TokenInvalid {
  return new TokenInvalid("token-invalid", detail);
}

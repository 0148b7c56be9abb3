// X.509 signatures over custody statements: the leaf's key, the chain of certificates, and trust in its root.

import { type Bytes, cut, equal, printable, sha256, utc } from "./bytes";
import { hasBit } from "./der";
import { CustodySignatureInvalid, SignerUnproven } from "./errors";
import { verifyEcdsa, verifyPkcs1, verifyPss } from "./public_key";
import type { Signer, X509Signature } from "./signatures";
import { checkEd25519 } from "./signatures";
import { Certificate, type Extension, basicConstraints, keyUsage } from "./x509";

const MAX_IDENTITY = 256;
const MIN_RSA_BITS = 2048;
const MAX_RSA_BITS = 16_384;
const WEAK: readonly (string | null)[] = ["md5", "sha1"];
const [USAGE, NAMES, CONSTRAINTS, PURPOSES] = ["2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.37"];

interface Link {
  certificate: Certificate;
  subject: string;
  maySign: boolean;
  mayIssue: boolean;
  pathLength: number | null;
  weakHash: string;
  critical: string[];
}

/** Who signed, by the leaf's subject. Raises CustodySignatureInvalid. */
export function verifyX509(signature: X509Signature, message: Bytes): Signer {
  const leaf = linksOf(signature)[0];
  if (!leaf.maySign) throw invalid(`the key of ${leaf.subject} may not sign (key usage)`);
  checkSignature(leaf, signature, message);
  return { kind: "x509", identity: leaf.subject, fingerprint: sha256(signature.chain[0]) };
}

/** Check that a certificate chain leads to one of `roots` and was valid at `at`. Raises SignerUnproven. */
export function judgeX509(signature: X509Signature, roots: readonly Bytes[], at: bigint): void {
  const links = linksOf(signature);
  let error = new SignerUnproven("signer-untrusted", `no root of yours stands behind the certificate of ${links[0].subject}`);
  for (const path of pathsOf(links, signature.chain, roots)) {
    try {
      return judgePath(path, at);
    } catch (exc) {
      if (!(exc instanceof SignerUnproven)) throw exc;
      error = exc;
    }
  }
  throw error;
}

function judgePath(path: readonly Link[], at: bigint): void {
  for (const link of path)
    if (link.critical.length) {
      const detail = `the certificate of ${link.subject} has the critical extension ${link.critical[0]}, unknown here`;
      throw new SignerUnproven("signer-untrusted", detail);
    }
  for (const { certificate, subject } of path)
    if (at < BigInt(certificate.begins) || at > BigInt(certificate.ends)) {
      const [begin, end] = [certificate.begins, certificate.ends].map((one) => utc(one).replace(" UTC", "+00:00"));
      const detail = `the certificate of ${subject} is valid from ${begin} to ${end}, not at ${at} (Unix seconds)`;
      throw new SignerUnproven("signer-expired", detail);
    }
}

function* pathsOf(links: readonly Link[], chain: readonly Bytes[], roots: readonly Bytes[]): Generator<readonly Link[]> {
  for (const [place, der] of chain.entries()) if (roots.some((root) => equal(root, der))) yield links.slice(0, place + 1);
  for (const der of roots) {
    let root: Link;
    try {
      root = linkOf(der);
    } catch (exc) {
      if (exc instanceof CustodySignatureInvalid) continue;
      throw exc;
    }
    if (faultOf(links[links.length - 1], root, links.length - 1) === null) yield [...links, root];
  }
}

function linksOf(signature: X509Signature): Link[] {
  const links = signature.chain.map(linkOf);
  for (let place = 0; place + 1 < links.length; place++) {
    const fault = faultOf(links[place], links[place + 1], place);
    if (fault !== null) throw invalid(fault);
  }
  return links;
}

/** What speaks against `issuer` having issued `link`, with `between` certificates of CAs below the issuer. */
function faultOf(link: Link, issuer: Link, between: number): string | null {
  const names = `the certificates of ${link.subject} and ${issuer.subject}`;
  if (!issuer.mayIssue) return `${names}: the second is not a CA's that may sign certificates`;
  if (issuer.pathLength !== null && between > issuer.pathLength)
    return `${names}: the second allows ${issuer.pathLength} CAs below it, there are ${between}`;
  if (link.weakHash) return `the certificate of ${link.subject} is signed with ${link.weakHash}, which can be forged`;
  try {
    link.certificate.checkIssuedBy(issuer.certificate);
  } catch {
    return `${names}: the first was not issued by the second`;
  }
  return null;
}

function linkOf(der: Bytes): Link {
  try {
    const certificate = new Certificate(der);
    const extensions = certificate.extensions();
    const find = (oid: string): Extension | undefined => extensions.find((one) => one.oid === oid);
    const usage = find(USAGE);
    const bits = usage && keyUsage(usage);
    const constraints = find(CONSTRAINTS);
    const basic = constraints && basicConstraints(constraints);
    const hash = certificate.signatureHash();
    const link: Link = {
      certificate,
      subject: cut(printable(cut(certificate.subject.toText(), MAX_IDENTITY)), MAX_IDENTITY),
      maySign: !bits || hasBit(bits, 0) || hasBit(bits, 1),
      mayIssue: basic !== undefined && basic.ca && (!bits || hasBit(bits, 5)),
      pathLength: basic ? basic.pathLength : null,
      weakHash: WEAK.includes(hash) ? (hash as string) : "",
      critical: extensions
        .filter((one) => one.critical && ![USAGE, NAMES, CONSTRAINTS, PURPOSES].includes(one.oid))
        .map((one) => one.oid),
    };
    const key = certificate.publicKey();
    if (key.kind === "rsa" && (key.bits < MIN_RSA_BITS || key.bits > MAX_RSA_BITS))
      throw invalid(`an RSA key has ${key.bits} bits, not ${MIN_RSA_BITS} to ${MAX_RSA_BITS}`);
    const end = der.subarray(der.length - certificate.signature.length - 1);
    if (end[0] !== 0 || !equal(end.subarray(1), certificate.signature))
      throw invalid(`the certificate of ${link.subject} does not end in whole bytes`);
    return link;
  } catch (exc) {
    if (exc instanceof CustodySignatureInvalid) throw exc;
    throw invalid(`a certificate of ${der.length} bytes cannot be read (ValueError)`); // as Python names the fault
  }
}

function checkSignature(leaf: Link, signature: X509Signature, message: Bytes): void {
  const key = leaf.certificate.publicKey();
  const { algorithm, signature: data } = signature;
  let holds: boolean;
  if (key.kind === "ed25519" && algorithm === "ed25519") {
    if (data.length !== 64) throw invalid(`the key of ${leaf.subject} did not sign this`);
    checkEd25519("x509", key.key, data, message);
    return;
  }
  if (key.kind === "ec" && algorithm === "ecdsa-sha256") holds = verifyEcdsa(key, "sha256", data, message);
  else if (key.kind === "rsa" && algorithm === "rsa-pkcs1-sha256") holds = verifyPkcs1(key, "sha256", data, message);
  else if (key.kind === "rsa" && algorithm === "rsa-pss-sha256") holds = verifyPss(key, "sha256", "sha256", null, data, message);
  else throw invalid(`the key of ${leaf.subject} is none for ${algorithm}`);
  if (!holds) throw invalid(`the key of ${leaf.subject} did not sign this`);
}

function invalid(detail: string): CustodySignatureInvalid {
  return new CustodySignatureInvalid("x509", detail);
}

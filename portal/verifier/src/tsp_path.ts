// Whether a time-stamp token's signer leads to the one root that the verifier configured. As tsp_path.py:
//
//     1 each certificate was issued and signed by the next one, with neither a weak hash nor a short key
//     2 it was valid at genTime, or at the time asked for; the root as well
//     3 it has no critical extension that is not read here
//     4 it was not revoked at genTime, as far as the revocation lists given say
//     5 whoever issued is an authority (CA) that may sign certificates, with room in its pathLen

import { type Bytes, cut, equal, hex, replaced, utc } from "./bytes";
import { DerError, Parts, hasBit } from "./der";
import { TokenUntrusted } from "./errors";
import type { TrustedAuthority } from "./trust";
import type { Token } from "./tsp_read";
import { MIN_EC_BITS, MIN_RSA_BITS } from "./tsp_signature";
import { Certificate, type Extension, type Name, RevocationList, basicConstraints, extendedKeyUsage, keyUsage } from "./x509";

export const URGENCY = ["authority-revoked", "authority-expired", "policy-untrusted", "authority-untrusted"];
const MAX_PATH = 8;
const MAX_SIGNATURES = 64;
const WEAK: readonly (string | null)[] = ["md5", "sha1", "sha224", "sha3-224"];
const KNOWN_CRITICAL = ["2.5.29.19", "2.5.29.15", "2.5.29.37", "2.5.29.32", "2.5.29.17", "2.5.29.18", "2.5.29.31"];
const FOR_STAMPS = ["1.3.6.1.5.5.7.3.8", "2.5.29.37.0"];
const REASONS: Readonly<Record<number, string>> = {
  0: "unspecified", 1: "keyCompromise", 2: "cACompromise", 3: "affiliationChanged", 4: "superseded",
  5: "cessationOfOperation", 6: "certificateHold", 8: "removeFromCRL", 9: "privilegeWithdrawn", 10: "aACompromise",
};
const HARMLESS_LATER = [0, 3, 4, 5];
const REMOVED = 8;

/** The path: each certificate with its last second, valid at `validAt`. Raises TokenUntrusted. */
export function judge(token: Token, signer: Bytes, authority: TrustedAuthority, validAt: number): [string, number][] {
  if (authority.policies.length && !authority.policies.includes(token.policy))
    throw new TokenUntrusted(
      "policy-untrusted",
      `the token was made under policy ${token.policy.slice(0, 80)}, which is not one of the ` +
        `${authority.policies.length} accepted of ${authority.name}`,
    );
  const path = new Path(token, authority, validAt).climb(load(signer, "the signer's certificate"), []);
  return path.map((one) => [title(one), one.ends]);
}

class Path {
  private readonly root: Certificate;
  private readonly others: Certificate[];
  private readonly crls: RevocationList[];
  private signatures = 0;

  constructor(
    private readonly token: Token,
    private readonly authority: TrustedAuthority,
    private readonly validAt: number,
  ) {
    this.root = load(authority.root, `the root configured for ${authority.name}`);
    const given = new Map([...authority.certificates, ...token.certificates].map((der) => [hex(der), der]));
    this.others = [...given.values()].filter((der) => !equal(der, authority.root)).flatMap(readable);
    this.crls = authority.crls.map((der, place) => this.loadCrl(der, place + 1));
  }

  climb(certificate: Certificate, below: readonly Certificate[]): Certificate[] {
    this.checkAlone(certificate);
    const failures: TokenUntrusted[] = [];
    for (const issuer of [this.root, ...this.others]) {
      const isSame = (one: Certificate): boolean => equal(one.der, issuer.der);
      if (!issuer.subject.equals(certificate.issuer) || below.some(isSame) || isSame(certificate)) continue;
      try {
        this.checkIssued(certificate, issuer);
        this.checkIssuer(issuer, below, certificate);
        if (issuer === this.root) {
          this.checkAlone(issuer);
          return [...below, certificate, issuer];
        }
        if (below.length + 3 > MAX_PATH) throw this.untrusted(`its path has more than ${MAX_PATH} certificates`);
        return this.climb(issuer, [...below, certificate]);
      } catch (exc) {
        if (!(exc instanceof TokenUntrusted)) throw exc;
        failures.push(exc);
      }
    }
    if (failures.length) throw mostUrgent(failures);
    throw this.untrusted(`nobody at hand issued ${title(certificate)}: its issuer is ${nameOf(certificate.issuer)}`);
  }

  private checkIssued(certificate: Certificate, issuer: Certificate): void {
    this.signatures += 1;
    if (this.signatures > MAX_SIGNATURES) throw this.untrusted(`no path was found within ${MAX_SIGNATURES} signatures`);
    let hash: string | null;
    try {
      hash = certificate.signatureHash();
      certificate.checkIssuedBy(issuer);
    } catch {
      throw this.untrusted(`${title(certificate)} was not signed by ${title(issuer)}`);
    }
    const key = issuer.publicKey();
    if (WEAK.includes(hash)) throw this.untrusted(`${title(certificate)} was signed with ${hash}, which is broken`);
    if (key.kind === "rsa" || key.kind === "ec") {
      const least = key.kind === "rsa" ? MIN_RSA_BITS : MIN_EC_BITS;
      if (key.bits < least) throw this.untrusted(`the key of ${title(issuer)} has ${key.bits} bits, ${least} are needed`);
    }
    for (const crl of this.crls) this.checkRevoked(certificate, issuer, crl);
  }

  private checkAlone(certificate: Certificate): void {
    const { begins, ends } = certificate;
    const { genTime } = this.token;
    if (this.validAt < begins || this.validAt > ends) {
      const [from, to, needed] = [begins, ends, this.validAt].map((one) => utc(one).replace(" UTC", ""));
      const later = this.validAt === genTime ? "" : `, needed at ${needed}`;
      const detail = `${title(certificate)} was valid from ${from} to ${to}, the token is of ${utc(genTime)}${later}`;
      throw new TokenUntrusted("authority-expired", detail);
    }
    for (const extension of this.extensions(certificate))
      if (extension.critical && !KNOWN_CRITICAL.includes(extension.oid))
        throw this.untrusted(`${title(certificate)} has the critical extension ${extension.oid}, which is not read here`);
  }

  private checkIssuer(issuer: Certificate, below: readonly Certificate[], certificate: Certificate): void {
    const found = this.extensions(issuer);
    const find = (oid: string): Extension | undefined => found.find((one) => one.oid === oid);
    const given = find("2.5.29.19");
    const basic = given && basicConstraints(given);
    if (!basic || !basic.ca) throw this.untrusted(`${title(issuer)} issued a certificate, but is no authority (CA)`);
    // Self-issued ones do not count, and neither does the signer's own
    const between = [...below, certificate].slice(1).filter((lower) => !lower.subject.equals(lower.issuer)).length;
    if (basic.pathLength !== null && between > basic.pathLength)
      throw this.untrusted(`${title(issuer)} allows ${basic.pathLength} authorities below it, there are ${between}`);
    const usage = find("2.5.29.15");
    if (usage && !hasBit(keyUsage(usage), 5)) throw this.untrusted(`${title(issuer)} issued a certificate, but may not sign any`);
    const extended = find("2.5.29.37");
    if (!extended || issuer === this.root) return;
    if (!extendedKeyUsage(extended).some((one) => FOR_STAMPS.includes(one))) throw this.untrusted(`${title(issuer)} is not for time stamps`);
  }

  private checkRevoked(certificate: Certificate, issuer: Certificate, crl: RevocationList): void {
    if (!crl.issuer.equals(certificate.issuer)) return;
    const { genTime } = this.token;
    let entry: { when: number; reason: number | null } | null;
    try {
      const usage = issuer.extensions().find((one) => one.oid === "2.5.29.15");
      if (usage && !hasBit(keyUsage(usage), 6)) return;
      if (!crl.isSignedBy(issuer.publicKey())) return;
      entry = crl.revoked(certificate.serial);
    } catch (exc) {
      if (!(exc instanceof DerError)) throw exc;
      throw this.untrusted(`a revocation list of ${nameOf(crl.issuer)} cannot be used: ${exc.message}`);
    }
    if (entry === null) return;
    const { when, reason } = entry;
    if (reason === REMOVED || (when > genTime && reason !== null && HARMLESS_LATER.includes(reason))) return;
    const why = reason === null ? "no reason given" : REASONS[reason];
    const detail = `${title(certificate)} was revoked at ${utc(when).replace(" UTC", "")} (${why}), the token is of ${utc(genTime)}`;
    throw new TokenUntrusted("authority-revoked", detail);
  }

  private loadCrl(der: Bytes, number: number): RevocationList {
    let crl: RevocationList;
    try {
      crl = new RevocationList(der);
    } catch (exc) {
      if (!(exc instanceof DerError)) throw exc;
      throw this.untrusted(`revocation list ${number} of ${this.authority.name} cannot be read: ${exc.message}`);
    }
    const unread = crl.extensions.find(changesMeaning);
    if (unread) throw this.untrusted(`revocation list ${number} of ${this.authority.name} is of an unknown kind (${unread.oid})`);
    return crl;
  }

  private extensions(certificate: Certificate): Extension[] {
    try {
      return certificate.extensions();
    } catch (exc) {
      if (!(exc instanceof DerError)) throw exc;
      throw this.untrusted(`the extensions of ${title(certificate)} cannot be read: ${exc.message}`);
    }
  }

  private untrusted(detail: string): TokenUntrusted {
    return new TokenUntrusted("authority-untrusted", `not of ${this.authority.name}: ${detail}`);
  }
}

/** Whether a list's entries mean something else than in a plain one; lists of a part, or of changes, do not. */
function changesMeaning(extension: Extension): boolean {
  if (extension.oid === "2.5.29.28") return [...Parts.of(extension.value).rest()].some((one) => one.tag === 0x84);
  return extension.critical && extension.oid !== "2.5.29.27";
}

export function mostUrgent(failures: readonly TokenUntrusted[]): TokenUntrusted {
  return failures.reduce((worst, one) => (URGENCY.indexOf(one.reason) < URGENCY.indexOf(worst.reason) ? one : worst));
}

function load(der: Bytes, what: string): Certificate {
  try {
    const certificate = new Certificate(der);
    certificate.subject.toText();
    certificate.issuer.toText();
    return certificate;
  } catch (exc) {
    throw new TokenUntrusted("authority-untrusted", `${what} cannot be read: ${(exc as Error).message}`);
  }
}

function readable(der: Bytes): Certificate[] {
  try {
    return [load(der, "")];
  } catch {
    return [];
  }
}

function title(certificate: Certificate): string {
  return `the certificate of ${nameOf(certificate.subject)}`;
}

function nameOf(name: Name): string {
  return replaced(cut(name.toText() || "an empty name", 200));
}

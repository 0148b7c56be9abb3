// The verifier without its page: what a test, or another program, calls.

import { sha512 } from "@noble/hashes/sha2.js";
import { sha3_256, sha3_512 } from "@noble/hashes/sha3.js";
import { type Bytes, digest, sha256 } from "./bytes";
import { RecordValidator } from "./evidence_check";
import { recordJson } from "./evidence_verdict";
import { TREE_HASHES } from "./hash_tree";
import { HeaderChain, MAINNET } from "./header_chain";
import { sm3 } from "./sm3";
import { Trust } from "./trust";
import { type Locale, language } from "./said";
import { readAny } from "./receipt";
import { bundledText } from "./reverify";
import { jsonText, toJson } from "./verdict";
import { Verifier } from "./verify";

export { readAny };

/** The JSON text of the verdict on a receipt file, as `tallystick verify --json` has it. */
export function verdictJson(receipt: Bytes, document: Bytes | null, trust: Bytes | null, locale: Locale = "en"): string {
  const verifier = new Verifier(trust ? Trust.fromBytes(trust) : new Trust());
  const digests = document && {
    sha256: sha256(document), sha512: sha512(document), sha3_256: sha3_256(document), sha3_512: sha3_512(document),
    sm3: sm3(document),
  };
  const given = document && digests && { size: document.length, digests };
  return jsonText(toJson(verifier.verifyBytes(receipt, given), language(locale)));
}

/** The JSON text of the verdict on an evidence record, as `tallystick renew --validate --json` has it. */
export function recordVerdictJson(record: Bytes, document: Bytes | null, trust: Bytes | null, at: number): string {
  const { authorities } = trust ? Trust.fromBytes(trust) : new Trust();
  const digests = document ? [Object.fromEntries(TREE_HASHES.map((name) => [name, digest(name, document)]))] : [];
  return jsonText(recordJson(new RecordValidator(authorities, at).validate(record, digests)));
}

/** REVERIFY.md of a bundle with these files. */
export function manualText(receipts: Bytes, trust: Bytes | null, names: readonly string[]): string {
  return bundledText(readAny(receipts), new Set(names), trust ? Trust.fromBytes(trust) : new Trust());
}

/** What is wrong with a file of Bitcoin headers, or "". `network`: what differs from mainnet. */
export async function headersFault(headers: Bytes, firstHeight: number, network: object): Promise<string> {
  const raw = { name: "headers", size: headers.length, read: async (begin: number, end: number) => headers.subarray(begin, end) };
  try {
    await HeaderChain.open(raw, firstHeight, { ...MAINNET, ...network });
    return "";
  } catch (exc) {
    return (exc as Error).message;
  }
}

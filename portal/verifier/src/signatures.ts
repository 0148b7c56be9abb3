// Custody signatures: who says what happened to the evidence of a case. One signature covers a batch of entries.
//
//     statement  {"case", "entries", "first", "head", "last"}
//     message    "tallystick/custody-signature/v1" 00 || JCS(statement)        what Ed25519, X.509 and ML-DSA keys sign
//     digest     EIP-712 of Custody(bytes32 case,uint64 first,uint64 last,bytes32 head,bytes32 entries)
//                in the domain {name: "Tallystick Custody", version: "1"}       what EOAs and ERC-1271 wallets sign

import { secp256k1 } from "@noble/curves/secp256k1.js";
import { ml_dsa65 } from "@noble/post-quantum/ml-dsa.js";
import { type Bytes, bigEndian, concat, equal, hex, keccak256, reversed, sha256, toBigInt, utf8 } from "./bytes";
import { verifyEd25519 } from "./ed25519";
import { CustodySignatureInvalid, SignerUnproven } from "./errors";
import { type Json, type JsonObject, dumps, object } from "./jcs";
import { tag } from "./merkle";
import { type Reader, evm } from "./reading";
import { verifyX509 } from "./signature_chain";

const MESSAGE_TAG = tag("tallystick/custody-signature/v1");
const BATCH_TAG = tag("tallystick/custody-batch/v1");
const STATEMENT_TYPE = "Custody(bytes32 case,uint64 first,uint64 last,bytes32 head,bytes32 entries)";
const MAX_SIGNATURES = 8;
const MAX_BYTES = 128 * 1024;
const MAX_WALLET_SIGNATURE = 4096;
const MAX_CHAIN = 8;
const MAX_CERTIFICATE = 16 * 1024;
const MAX_X509_SIGNATURE = 2048;
const MLDSA65_KEY_SIZE = 1952;
const MLDSA65_SIGNATURE_SIZE = 3309;
const X509_ALGORITHMS = ["rsa-pss-sha256", "rsa-pkcs1-sha256", "ecdsa-sha256", "ed25519"];

const ORDER = secp256k1.Point.Fn.ORDER;
const FIELD = 2n ** 255n - 19n;
const EIGHTH = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;
const SMALL_ORDER_Y = [0n, 1n, FIELD - 1n, EIGHTH, FIELD - EIGHTH];

/** What is signed: these entries, in this order, are the case's custody from `first` to `last`. */
export interface Statement {
  case: Bytes;
  first: number;
  last: number;
  head: Bytes;
  entries: Bytes;
}

export function readStatement(batch: Reader): Statement {
  batch.only(["case", "entries", "first", "head", "last"]);
  const first = batch.integer("first");
  const last = batch.integer("last", first);
  const [of, head] = [batch.hex("case", 32), batch.hex("head", 32)];
  return { case: of, first, last, head, entries: batch.hex("entries", 32) };
}

function statementJson(statement: Statement): JsonObject {
  const { first, last } = statement;
  return object({ case: hex(statement.case), entries: hex(statement.entries), first, head: hex(statement.head), last });
}

export function message(statement: Statement): Bytes {
  return concat(MESSAGE_TAG, dumps(statementJson(statement)));
}

function eip712Digest(statement: Statement): Bytes {
  const hash = (text: string): Bytes => keccak256(utf8(text));
  const separator = [hash("EIP712Domain(string name,string version)"), hash("Tallystick Custody"), hash("1")];
  const { first, last } = statement;
  const struct = [hash(STATEMENT_TYPE), statement.case, bigEndian(first, 32), bigEndian(last, 32), statement.head];
  const inner = keccak256(concat(...struct, statement.entries));
  return keccak256(concat(Uint8Array.of(0x19, 0x01), keccak256(concat(...separator)), inner));
}

export interface X509Signature {
  kind: "x509";
  chain: Bytes[];
  signature: Bytes;
  algorithm: string;
  json: JsonObject;
}

/** `json` is the signature as it came, which the log commits to. */
export type Signature =
  | { kind: "eip712"; address: Bytes; key: Bytes; signature: Bytes; json: JsonObject }
  | { kind: "erc1271"; chainId: number; address: Bytes; json: JsonObject }
  | { kind: "ed25519"; key: Bytes; signature: Bytes; json: JsonObject }
  | { kind: "ml-dsa-65"; key: Bytes; signature: Bytes; json: JsonObject }
  | { kind: "unknown"; json: JsonObject }
  | X509Signature;

export interface Signer {
  kind: string;
  identity: string;
  fingerprint: Bytes;
}

/** The list of signatures in the member `name`. Raises the reader's error. */
export function readSignatures(parent: Reader, name: string): Signature[] {
  const size = dumps(parent.items(name, MAX_SIGNATURES)).length;
  if (size > MAX_BYTES) throw parent.refuse(name, `has ${size} bytes, at most ${MAX_BYTES} are allowed`);
  return parent.each(name, MAX_SIGNATURES, read);
}

function read(item: Reader): Signature {
  const kind = item.text("type", 64);
  const json = item.value;
  switch (kind) {
    case "eip712":
      item.only(["type", "address", "key", "signature"]);
      return { kind, address: item.evmHex("address", 20), key: item.evmHex("key", 64), signature: item.evmHex("signature", 65), json };
    case "erc1271":
      item.only(["type", "chain_id", "address", "signature"]);
      item.evmBytes("signature", MAX_WALLET_SIGNATURE);
      return { kind, chainId: item.integer("chain_id", 1), address: item.evmHex("address", 20), json };
    case "ed25519":
      item.only(["type", "key", "signature"]);
      return { kind, key: item.base64("key", 32), signature: item.base64("signature", 64), json };
    case "ml-dsa-65":
      item.only(["type", "key", "signature"]);
      return { kind, key: item.base64("key", MLDSA65_KEY_SIZE), signature: item.base64("signature", MLDSA65_SIGNATURE_SIZE), json };
    case "x509": {
      item.only(["type", "chain", "signature", "algorithm"]);
      const algorithm = item.text("algorithm", 64);
      if (!X509_ALGORITHMS.includes(algorithm)) throw item.refuse("algorithm", `is none of ${X509_ALGORITHMS.join(", ")}`);
      const chain = item.base64List("chain", MAX_CHAIN, MAX_CERTIFICATE);
      if (!chain.length) throw item.refuse("chain", "is empty");
      return { kind, chain, signature: item.base64Bytes("signature", MAX_X509_SIGNATURE), algorithm, json };
    }
    default:
      return { kind: "unknown", json };
  }
}

/** 32 bytes that the log commits to: which entries the batch has, signed or not, and who signed them. */
export function batchDigest(statement: Statement, signatures: readonly Signature[]): Bytes {
  const listed: Json[] = signatures.map((signature) => signature.json);
  return sha256(BATCH_TAG, dumps(object({ signatures: listed, statement: statementJson(statement) })));
}

/** Who signed `statement`. Raises CustodySignatureInvalid, and SignerUnproven where it cannot be told from here. */
export function verifySignature(signature: Signature, statement: Statement): Signer {
  switch (signature.kind) {
    case "eip712":
      return verifyEip712(signature, statement);
    case "erc1271": {
      const wallet = `${evm(signature.address)} on chain ${signature.chainId}`;
      throw new SignerUnproven("erc1271-offline", `only the wallet ${wallet} can tell whether it signed`);
    }
    case "ed25519":
      checkEd25519("ed25519", signature.key, signature.signature, message(statement));
      return { kind: "ed25519", identity: hex(signature.key), fingerprint: sha256(signature.key) };
    case "x509":
      return verifyX509(signature, message(statement));
    case "ml-dsa-65":
      return verifyMlDsa(signature, statement);
    default:
      throw new SignerUnproven("signature-unknown", "a signature of a type that this program does not know");
  }
}

function verifyEip712(signature: Signature & { kind: "eip712" }, statement: Statement): Signer {
  const { key, address } = signature;
  const r = toBigInt(signature.signature.slice(0, 32));
  const s = toBigInt(signature.signature.slice(32, 64));
  const v = signature.signature[64];
  if (!equal(keccak256(key).slice(12), address))
    throw new CustodySignatureInvalid("eip712", `the public key is not that of ${evm(address)}`);
  if (!(r > 0n && r < ORDER && s > 0n && s <= ORDER / 2n && (v === 27 || v === 28)))
    throw new CustodySignatureInvalid("eip712", `r, s or v (${v}) is out of range; s may be half the order at most`);
  let holds = false;
  try {
    const uncompressed = concat(Uint8Array.of(4), key);
    holds = secp256k1.verify(signature.signature.slice(0, 64), eip712Digest(statement), uncompressed, { prehash: false, lowS: true });
  } catch {
    holds = false; // the key is no point of the curve
  }
  if (!holds) throw new CustodySignatureInvalid("eip712", `the key of ${evm(address)} did not sign this`);
  return { kind: "eip712", identity: evm(address), fingerprint: sha256(key) };
}

/** Check one Ed25519 signature, refusing keys of small order. Raises CustodySignatureInvalid. */
export function checkEd25519(kind: string, key: Bytes, signature: Bytes, signed: Bytes): void {
  const y = toBigInt(reversed(key)) & (2n ** 255n - 1n);
  if (SMALL_ORDER_Y.includes(y % FIELD))
    throw new CustodySignatureInvalid(kind, `${hex(key)} is no key: everything would be signed by it`);
  if (!verifyEd25519(key, signature, signed))
    throw new CustodySignatureInvalid(kind, `the key ${hex(key)} did not sign this`);
}

function verifyMlDsa(signature: Signature & { kind: "ml-dsa-65" }, statement: Statement): Signer {
  const fingerprint = sha256(signature.key);
  let holds = false;
  try {
    holds = ml_dsa65.verify(signature.signature, message(statement), signature.key);
  } catch {
    holds = false;
  }
  if (!holds) throw new CustodySignatureInvalid("ml-dsa-65", `the key with SHA-256 ${hex(fingerprint)} did not sign this`);
  return { kind: "ml-dsa-65", identity: `sha256:${hex(fingerprint)}`, fingerprint };
}

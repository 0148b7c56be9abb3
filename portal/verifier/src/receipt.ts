// The receipt: all that a verifier needs about one claim, as versioned JSON; and the file of many receipts.

import { type Bytes, utf8 } from "./bytes";
import { type CustodyEntry, readCustodyEntry } from "./chain";
import { MAX_BYTES as MAX_CHECKPOINT, PUBLIC_KEY_SIZE, SignedCheckpoint } from "./checkpoint";
import { MAX_TEXT_BYTES } from "./claim";
import { type Entry, MAX_FIELDS, Opening, SALT_SIZE } from "./commitment";
import { FormatInvalid, LogEntryInvalid, ReceiptInvalid, ReceiptTooLarge, ReceiptVersionUnknown } from "./errors";
import { type EvmAnchor, MAX_HEADER_BYTES, MAX_NODE_BYTES, MAX_RECEIPT_BYTES } from "./evm_proof";
import { type CaseHead, type HeadsLeaf, MAX_ENTRY_BYTES, readLeaf } from "./heads";
import { HASH_SIZE, type Inclusion, MAX_PATH } from "./merkle";
import { Reader } from "./reading";
import { type Signature, type Statement, readSignatures, readStatement } from "./signatures";
import { type Placed, STATES, type State } from "./standing";
import { MAX_NODES } from "./trie_proof";

const VERSION = 1;
const MAX_BYTES = 1024 * 1024;
export const MAX_BUNDLE_BYTES = 128 * 1024 * 1024;
const MAX_RECEIPTS = 25_000;
const MAX_ANCHORS = 32;
const MAX_STORAGE = 16;
const MAX_TOKEN_BYTES = 64 * 1024;
const MAX_OTS_BYTES = 64 * 1024;

/** Which log: id of 32 bytes on chain, null before it was created there; its name; the Ed25519 key of checkpoints. */
export interface LogRef {
  id: Bytes | null;
  origin: string;
  key: Bytes;
}

/** The heads leaf of the checkpoint's last batch, and this case's entry in its map. */
export interface CaseHeadProof {
  entry: Inclusion;
  leaf: HeadsLeaf;
  head: CaseHead;
  place: Inclusion;
}

export interface SignedBatch {
  statement: Statement;
  leaf: HeadsLeaf;
  leafEntry: Inclusion;
  signatures: Signature[];
}

export interface CustodyProof {
  entry: CustodyEntry;
  place: Inclusion;
  batch: SignedBatch;
}

export type Anchor =
  | EvmAnchor
  | { kind: "rfc3161"; token: Bytes }
  | { kind: "ots"; proof: Bytes }
  | { kind: "pending" }
  | { kind: "unknown" };

/** A newer head of the same log, and how the claim stands as of it. */
export interface Later {
  note: SignedCheckpoint;
  path: Bytes[];
  caseHead: CaseHeadProof;
  standing: Placed[];
  anchors: Anchor[];
}

/** One claim's receipt: well-formed, nothing in it verified yet. */
export interface Receipt {
  opening: Opening;
  log: LogRef;
  entry: Inclusion;
  note: SignedCheckpoint;
  caseHead: CaseHeadProof;
  standing: Placed[];
  anchors: Anchor[];
  custody: CustodyProof | null;
  later: Later | null;
}

/** Read a receipt file. Raises ReceiptInvalid, ReceiptTooLarge, ReceiptVersionUnknown. */
export function receiptFromBytes(data: Bytes): Receipt {
  if (data.length > MAX_BYTES) throw new ReceiptTooLarge(data.length, MAX_BYTES);
  return readReceipt(Reader.open(data, MAX_BYTES, "receipt", ReceiptInvalid));
}

/** The receipts of a file that is either one receipt or a file of many. */
export function readAny(data: Bytes): Receipt[] {
  if (data.length > MAX_BUNDLE_BYTES) throw new ReceiptTooLarge(data.length, MAX_BUNDLE_BYTES, "bundle");
  const top = Reader.open(data, MAX_BUNDLE_BYTES, "receipt file", ReceiptInvalid);
  if (top.get("format") === "tallystick/receipts") return readReceipts(top);
  if (data.length > MAX_BYTES) throw new ReceiptTooLarge(data.length, MAX_BYTES);
  return [readReceipt(top)];
}

function readReceipt(top: Reader): Receipt {
  checkHeader(top, "tallystick/receipt");
  const names = ["claim", "log", "entry", "checkpoint", "case_head", "standing", "anchors"];
  top.only(["format", "version", ...names], ["custody", "later", "storage"]);
  const receipt: Receipt = {
    opening: readOpening(top.object("claim")),
    log: readLog(top.object("log")),
    entry: readInclusion(top.object("entry")),
    note: readNote(top, "checkpoint"),
    caseHead: readCaseHead(top.object("case_head")),
    standing: readStanding(top),
    anchors: readAnchors(top),
    custody: top.has("custody") ? readCustody(top.object("custody")) : null,
    later: top.has("later") ? readLater(top.object("later")) : null,
  };
  readStorage(top);
  return receipt;
}

function readReceipts(top: Reader): Receipt[] {
  checkHeader(top, "tallystick/receipts");
  top.only(["format", "version", "logs", "checkpoints", "case_heads", "batches", "receipts"]);
  const logs = top.each("logs", MAX_RECEIPTS, readLog);
  const heads = top.each("case_heads", MAX_RECEIPTS, readCaseHead);
  const sealed = top.each("checkpoints", MAX_RECEIPTS, (item): [SignedCheckpoint, Anchor[]] => {
    item.only(["note", "anchors"]);
    return [readNote(item, "note"), readAnchors(item)];
  });
  const batches = top.each("batches", MAX_RECEIPTS, (item) => {
    item.only(["batch", "leaf", "leaf_entry", "signatures"]);
    return readBatch(item);
  });
  const receipts = top.each("receipts", MAX_RECEIPTS, (item): Receipt => {
    item.only(["claim", "entry", "log", "checkpoint", "case_head", "standing"], ["custody", "later", "storage"]);
    const [note, anchors] = pick(item, "checkpoint", sealed);
    const receipt: Receipt = {
      opening: readOpening(item.object("claim")),
      log: pick(item, "log", logs),
      entry: readInclusion(item.object("entry")),
      note,
      caseHead: pick(item, "case_head", heads),
      standing: readStanding(item),
      anchors,
      custody: item.has("custody") ? readSharedCustody(item.object("custody"), batches) : null,
      later: item.has("later") ? readLater(item.object("later")) : null,
    };
    readStorage(item);
    return receipt;
  });
  if (!receipts.length) throw top.refuse("receipts", "is empty: a bundle holds at least one receipt");
  return receipts;
}

function readSharedCustody(item: Reader, batches: readonly SignedBatch[]): CustodyProof {
  item.only(["entry", "index", "size", "path", "batch"]);
  return readCustodyProof(item, pick(item, "batch", batches));
}

function pick<T>(item: Reader, name: string, choices: readonly T[]): T {
  const place = item.integer(name);
  if (place >= choices.length) throw item.refuse(name, `is ${place}, but the bundle lists only ${choices.length}`);
  return choices[place];
}

function checkHeader(top: Reader, expected: string): void {
  if (top.get("format") !== expected) throw top.refuse("format", `is not ${expected}`);
  const version = top.get("version");
  if (typeof version !== "number" || version < 1) throw top.refuse("version", "is not a version");
  if (version !== VERSION) throw new ReceiptVersionUnknown(version, VERSION);
}

function readOpening(claim: Reader): Opening {
  claim.only(["salt", "fields"]);
  const fields = claim.each("fields", MAX_FIELDS, readField);
  return new Opening(claim.hex("salt", SALT_SIZE), fields);
}

function readField(field: Reader): Entry {
  if (field.has("hash")) {
    field.only(["hash"]);
    return { hash: field.hex("hash", HASH_SIZE) };
  }
  field.only(["name", "value", "salt"]);
  const given = field.get("value");
  const value = typeof given === "number" ? given : field.text("value", 2 * MAX_TEXT_BYTES);
  return { name: field.text("name", 64), value, salt: field.hex("salt", SALT_SIZE) };
}

function readLog(log: Reader): LogRef {
  log.only(["id", "origin", "key"]);
  const id = log.get("id") === null ? null : log.evmHex("id", 32);
  return { id, origin: log.text("origin", 255), key: log.base64("key", PUBLIC_KEY_SIZE) };
}

function readInclusion(proof: Reader, strict = true): Inclusion {
  if (strict) proof.only(["index", "size", "path"]);
  const size = proof.integer("size", 1);
  const path = proof.hexList("path", MAX_PATH, HASH_SIZE);
  return { index: proof.integer("index", 0, size - 1), size, path };
}

function readNote(parent: Reader, name: string): SignedCheckpoint {
  const text = parent.text(name, MAX_CHECKPOINT);
  try {
    return SignedCheckpoint.fromText(text);
  } catch (exc) {
    if (exc instanceof FormatInvalid) throw new ReceiptInvalid(`the ${parent.what}'s checkpoint is not one: ${exc.message}`);
    throw exc;
  }
}

function readCaseHead(head: Reader): CaseHeadProof {
  head.only(["entry", "leaf", "case", "index", "size", "path"]);
  const of = head.object("case");
  of.only(["case", "count", "custody", "ended", "head"]);
  const ended = of.object("ended");
  ended.only(["n", "r"]);
  return {
    entry: readInclusion(head.object("entry")),
    leaf: readLeafOf(head),
    head: {
      case: of.hex("case", 32),
      count: of.integer("count", 1),
      head: of.hex("head", 32),
      custody: of.integer("custody", 1),
      ended: ended.integer("n"),
      endedRoot: ended.hex("r", 32),
    },
    place: readInclusion(head, false),
  };
}

function readLeafOf(parent: Reader): HeadsLeaf {
  const text = parent.text("leaf", MAX_ENTRY_BYTES);
  try {
    return readLeaf(utf8(text));
  } catch (exc) {
    if (exc instanceof FormatInvalid) throw new ReceiptInvalid(`the ${parent.what} has no heads leaf: ${exc.message}`);
    throw exc;
  }
}

function readStanding(parent: Reader): Placed[] {
  return parent.each("standing", 2, (placed) => {
    placed.only(["entry", "index", "size", "path"]);
    const entry = placed.object("entry");
    entry.only(["at", "claim", "state"]);
    const state = entry.text("state", 32);
    if (!(STATES as readonly string[]).includes(state)) throw entry.refuse("state", "is not one that this program knows");
    const where = readInclusion(placed, false);
    const ended = { claim: entry.hex("claim", 32), state: state as State, at: entry.integer("at") };
    return { ended, ...where };
  });
}

function readCustody(custody: Reader): CustodyProof {
  custody.only(["entry", "index", "size", "path", "batch", "leaf", "leaf_entry", "signatures"]);
  return readCustodyProof(custody, readBatch(custody));
}

function readCustodyProof(custody: Reader, batch: SignedBatch): CustodyProof {
  const given = custody.object("entry");
  try {
    const entry = readCustodyEntry(given);
    return { entry, place: readInclusion(custody, false), batch };
  } catch (exc) {
    if (exc instanceof LogEntryInvalid) throw new ReceiptInvalid(`the ${custody.what} has no custody entry: ${exc.message}`);
    throw exc;
  }
}

function readBatch(batch: Reader): SignedBatch {
  return {
    statement: readStatement(batch.object("batch")),
    leaf: readLeafOf(batch),
    leafEntry: readInclusion(batch.object("leaf_entry")),
    signatures: readSignatures(batch, "signatures"),
  };
}

function readLater(later: Reader): Later {
  later.only(["checkpoint", "path", "case_head", "standing", "anchors"]);
  return {
    note: readNote(later, "checkpoint"),
    path: later.hexList("path", 2 * MAX_PATH, HASH_SIZE),
    caseHead: readCaseHead(later.object("case_head")),
    standing: readStanding(later),
    anchors: readAnchors(later),
  };
}

function readAnchors(parent: Reader): Anchor[] {
  return parent.each("anchors", MAX_ANCHORS, readAnchor);
}

const EVM_MEMBERS = [
  "chain_id", "genesis", "contract", "block_number", "block_hash", "header", "receipt", "receipt_index", "path",
  "log_index", "tx",
];

function readAnchor(anchor: Reader): Anchor {
  const kind = anchor.text("type", 64);
  if (kind === "pending") {
    anchor.only(["type"], ["chain_id", "contract", "tx"]);
    if (anchor.has("chain_id")) anchor.integer("chain_id", 1);
    if (anchor.has("contract")) anchor.evmHex("contract", 20);
    if (anchor.has("tx")) anchor.evmHex("tx", 32);
    return { kind };
  }
  if (kind === "rfc3161") {
    anchor.only(["type", "token"]);
    return { kind, token: anchor.base64Bytes("token", MAX_TOKEN_BYTES) };
  }
  if (kind === "ots") {
    anchor.only(["type", "proof"]);
    return { kind, proof: anchor.base64Bytes("proof", MAX_OTS_BYTES) };
  }
  if (kind !== "evm") return { kind: "unknown" };
  anchor.only(["type", ...EVM_MEMBERS]);
  return {
    kind,
    chainId: anchor.integer("chain_id", 1),
    genesis: anchor.evmHex("genesis", 32),
    contract: anchor.evmHex("contract", 20),
    blockNumber: anchor.integer("block_number"),
    blockHash: anchor.evmHex("block_hash", 32),
    header: anchor.evmBytes("header", MAX_HEADER_BYTES),
    receipt: anchor.evmBytes("receipt", MAX_RECEIPT_BYTES),
    receiptIndex: anchor.integer("receipt_index", 0, 2 ** 32 - 1),
    path: anchor.evmHexList("path", MAX_NODES, 1, MAX_NODE_BYTES),
    logIndex: anchor.integer("log_index", 0, 2 ** 16 - 1),
    tx: anchor.evmHex("tx", 32),
  };
}

/** Where the encrypted document is: covered by no proof, so only its form is looked at. */
function readStorage(parent: Reader): void {
  if (!parent.has("storage")) return;
  parent.each("storage", MAX_STORAGE, (storage) => {
    storage.only(["type", "version", "codec", "cid", "cipher_sha256", "cipher_size", "chunk_size"]);
    if (storage.get("type") !== "ipfs" || storage.get("version") !== 1 || storage.get("codec") !== "raw")
      throw storage.refuse("type", "is not ipfs with CID version 1 and raw leaves");
    storage.text("cid", 128);
    storage.hex("cipher_sha256", 32);
    storage.integer("cipher_size");
    storage.integer("chunk_size", 1);
  });
}

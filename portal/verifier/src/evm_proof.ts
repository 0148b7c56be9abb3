// The EVM anchor's proof: *if* block N of a chain has hash H, then this head of the log was recorded in it.
//
//     1. Keccak-256 of the raw header is H, and the header's number is N.
//     2. The trie path leads from the header's receiptsRoot to the raw receipt under the key RLP(index).
//     3. The receipt says that the transaction succeeded, and its log number `logIndex` is, from the named contract,
//        HeadAppended(logId, size, root) with the log's id and the checkpoint's size and root.

import { type Bytes, EMPTY, bigEndian, equal, hex, keccak256, utf8 } from "./bytes";
import { EvmProofInvalid, RlpInvalid } from "./errors";
import { type Item, decodeList, encodeInt, toBytes, toInt, toList } from "./rlp";
import { proveValue } from "./trie_proof";

export const HEAD_APPENDED = "HeadAppended(bytes32,uint64,bytes32)";
export const HEAD_APPENDED_TOPIC = keccak256(utf8(HEAD_APPENDED));
export const MAX_HEADER_BYTES = 64 * 1024;
export const MAX_RECEIPT_BYTES = 64 * 1024;
export const MAX_NODE_BYTES = MAX_RECEIPT_BYTES + 64;
const MIN_HEADER_FIELDS = 15;
const MAX_HEADER_FIELDS = 40;
const MAX_TX_TYPE = 0x7f;

/** A head of the log in a transaction on an EVM chain, with its whole proof. */
export interface EvmAnchor {
  kind: "evm";
  chainId: number;
  genesis: Bytes;
  contract: Bytes;
  blockNumber: number;
  blockHash: Bytes;
  header: Bytes;
  receipt: Bytes;
  receiptIndex: number;
  path: Bytes[];
  logIndex: number;
  tx: Bytes;
}

export interface Header {
  hash: Bytes;
  receiptsRoot: Bytes;
  number: bigint;
  timestamp: bigint;
}

interface Log {
  address: Bytes;
  topics: Bytes[];
  data: Bytes;
}

/** Raises EvmProofInvalid. */
export function parseHeader(raw: Bytes): Header {
  try {
    const fields = decodeList(raw);
    if (fields.length < MIN_HEADER_FIELDS || fields.length > MAX_HEADER_FIELDS)
      throw new RlpInvalid(`${fields.length} fields, not ${MIN_HEADER_FIELDS} to ${MAX_HEADER_FIELDS}`);
    const hash = keccak256(raw);
    toBytes(fields[0], 32, "parent hash");
    const receiptsRoot = toBytes(fields[5], 32, "receipts root");
    return { hash, receiptsRoot, number: toInt(fields[8], "block number"), timestamp: toInt(fields[11], "timestamp") };
  } catch (exc) {
    if (exc instanceof RlpInvalid)
      throw new EvmProofInvalid("header-invalid", `the block header cannot be read: ${exc.message}`);
    throw exc;
  }
}

/** Whether the transaction succeeded, and its events. Raises EvmProofInvalid. */
function parseReceipt(envelope: Bytes): { succeeded: boolean; logs: Log[] } {
  try {
    if (!envelope.length) throw new RlpInvalid("it is empty");
    const type = envelope[0] <= MAX_TX_TYPE ? envelope[0] : 0;
    const fields = decodeList(type ? envelope.slice(1) : envelope);
    if (fields.length < 4) throw new RlpInvalid(`${fields.length} fields, at least 4 belong there`);
    const status = fields[0];
    if (Array.isArray(status) || !(equal(status, EMPTY) || equal(status, Uint8Array.of(1))))
      throw new RlpInvalid("its status is neither 0 nor 1");
    return { succeeded: status.length === 1, logs: toList(fields[3], "list of logs").map(parseLog) };
  } catch (exc) {
    if (exc instanceof RlpInvalid)
      throw new EvmProofInvalid("evm-receipt-invalid", `the transaction's receipt cannot be read: ${exc.message}`);
    throw exc;
  }
}

function parseLog(item: Item): Log {
  const fields = toList(item, "log");
  const data = fields[2];
  if (fields.length !== 3 || Array.isArray(data)) throw new RlpInvalid("a log has an address, topics and data");
  const topics = toList(fields[1], "list of topics").map((topic) => toBytes(topic, 32, "topic"));
  return { address: toBytes(fields[0], 20, "log's address"), topics, data };
}

/** Check that the anchor's block, if it is one, records this head of this log. Raises EvmProofInvalid. */
export function verifyAnchor(anchor: EvmAnchor, logId: Bytes | null, size: number, root: Bytes): Header {
  // 1. The header is that block's.
  const header = parseHeader(anchor.header);
  if (!equal(header.hash, anchor.blockHash)) {
    const detail = `the header's hash is 0x${hex(header.hash)}, the anchor says 0x${hex(anchor.blockHash)}`;
    throw new EvmProofInvalid("header-hash-differs", detail);
  }
  if (header.number !== BigInt(anchor.blockNumber)) {
    const detail = `the header is of block ${header.number}, the anchor says ${anchor.blockNumber}`;
    throw new EvmProofInvalid("block-number-differs", detail);
  }

  // 2. The receipt is in it.
  const value = proveValue(header.receiptsRoot, encodeInt(anchor.receiptIndex), anchor.path);
  if (!equal(value, anchor.receipt)) {
    const detail = `the block's receipt number ${anchor.receiptIndex} is not the one in the anchor`;
    throw new EvmProofInvalid("evm-receipt-differs", detail);
  }

  // 3. The receipt records this head.
  const receipt = parseReceipt(anchor.receipt);
  if (!receipt.succeeded) {
    const detail = `transaction ${anchor.receiptIndex} of block ${anchor.blockNumber} failed`;
    throw new EvmProofInvalid("transaction-failed", detail);
  }
  if (anchor.logIndex >= receipt.logs.length) {
    const detail = `there is no event ${anchor.logIndex} among the transaction's ${receipt.logs.length}`;
    throw new EvmProofInvalid("event-missing", detail);
  }
  if (logId === null)
    throw new EvmProofInvalid("event-differs", "the receipt names no log id, so no event can be about its log");
  const found = receipt.logs[anchor.logIndex];
  const topics = [HEAD_APPENDED_TOPIC, logId, bigEndian(size, 32)];
  const isHead =
    equal(found.address, anchor.contract) &&
    equal(found.data, root) &&
    found.topics.length === topics.length &&
    found.topics.every((topic, at) => equal(topic, topics[at]));
  if (!isHead) {
    const detail = `event ${anchor.logIndex} is not HeadAppended by 0x${hex(anchor.contract)} for this log at ${size} entries`;
    throw new EvmProofInvalid("event-differs", detail);
  }
  return header;
}

// What the verifier knows from a side of its own: blocks, time-stamp authorities, Bitcoin headers, signers.
//
// Nothing inside a receipt can say whether a block, an authority or a header is a real one, so it is asked here: of a
// trust file, or of what was pasted by hand.

import { type Bytes, cut, equal, fromHex, hex, repr } from "./bytes";
import { TrustInvalid } from "./errors";
import { Reader, evm } from "./reading";
import { ENGLISH, type Reason, type Said, type Status, said, tell } from "./said";

const DEV_CHAIN_IDS = [1337, 31337, 31338];
const DEFAULT_UNCERTAINTY = 900;
export const AUTHORITY_UNCERTAINTY = 60;
export const MAX_TRUST_BYTES = 16 * 1024 * 1024;
const MAX_CHAINS = 1000;
const MAX_BLOCKS = 100_000;
const MAX_CONTRACTS = 1000;
const MAX_AUTHORITIES = 100;
const MAX_CERTIFICATES = 32;
const MAX_CERTIFICATE_BYTES = 64 * 1024;
const MAX_CRLS = 16;
const MAX_CRL_BYTES = 4 * 1024 * 1024;
const MAX_POLICIES = 64;
const MAX_HEADERS = 100_000;
export const MAX_HEIGHT = 2 ** 31 - 1;
const MAX_SIGNERS = 100;
const MAX_NAME = 200;
const HEADER_SIZE = 80;

const BLOCK = /^([1-9][0-9]{0,15}):(0|[1-9][0-9]{0,15}):(0x[0-9a-f]{64})$/i;
const HEADER = /^(0|[1-9][0-9]{0,9}):((?:[0-9a-f]{2}){80})$/i;
const OID = /^[0-2](\.(0|[1-9][0-9]{0,38})){1,32}$/;
const FILE = said("source-file");

export interface TrustedBlock {
  number: number;
  hash: Bytes;
  timestamp: number | null;
  source: Said;
}

export interface TrustedChain {
  chainId: number;
  genesis: Bytes | null;
  dev: boolean;
  contracts: Bytes[];
  blocks: Map<number, TrustedBlock>;
  uncertainty: number;
}

export interface TrustedAuthority {
  name: string;
  root: Bytes;
  certificates: Bytes[];
  policies: string[];
  qualified: boolean;
  uncertainty: number;
  crls: Bytes[];
}

export interface TrustedHeader {
  height: number;
  header: Bytes;
  source: Said;
  regtest: boolean;
}

export interface Judgement {
  status: Status;
  said: Said;
  reason: Reason | null;
  pinned: boolean;
  uncertainty: number;
}

export interface KnownTime {
  timestamp: number;
  uncertainty: number;
  dev: boolean;
}

/** All that the verifier knows from its own side. `new Trust()` is nothing at all: the default. */
export class Trust {
  constructor(
    readonly chains: readonly TrustedChain[] = [],
    readonly authorities: readonly TrustedAuthority[] = [],
    readonly bitcoin: readonly TrustedHeader[] = [],
    readonly signers: readonly Bytes[] = [],
  ) {}

  /** Read a trusted-blocks file. Raises TrustInvalid. */
  static fromBytes(data: Bytes): Trust {
    const top = Reader.open(data, MAX_TRUST_BYTES, "trusted-blocks file", TrustInvalid);
    top.only(["format", "version", "chains"], ["authorities", "bitcoin", "signers"]);
    if (top.text("format") !== "tallystick/trusted-blocks" || top.integer("version") !== 1)
      throw new TrustInvalid("the file is not of the format tallystick/trusted-blocks, version 1");
    const chains = top.each("chains", MAX_CHAINS, readChain);
    if (new Set(chains.map((chain) => `${chain.chainId} ${hex(chain.genesis as Bytes)}`)).size !== chains.length)
      throw new TrustInvalid("a chain is there twice");
    const authorities = readList(top, "authorities", MAX_AUTHORITIES, readAuthority);
    const signers = readList(top, "signers", MAX_SIGNERS, readSigner);
    const headers = readList(top, "bitcoin", MAX_HEADERS, readHeader);
    return new Trust(chains, authorities, [], signers).withHeaders(headers);
  }

  /** This trust and all that another one says. Raises TrustInvalid where they contradict each other. */
  joined(other: Trust): Trust {
    let trust: Trust = new Trust(
      this.chains, [...this.authorities, ...other.authorities], this.bitcoin, [...this.signers, ...other.signers],
    );
    trust = trust.withHeaders(other.bitcoin);
    const chains = [...trust.chains];
    for (const chain of other.chains) {
      const at = chains.findIndex((one) => one.chainId === chain.chainId && sameGenesis(one.genesis, chain.genesis));
      if (at < 0) {
        chains.push(chain);
        continue;
      }
      const known = chains[at];
      for (const [number, block] of chain.blocks) {
        const there = known.blocks.get(number);
        if (there && !equal(there.hash, block.hash)) throw contradiction(chain.chainId, there, block);
      }
      chains[at] = {
        ...known,
        dev: known.dev && chain.dev,
        contracts: [...known.contracts, ...chain.contracts],
        blocks: new Map([...chain.blocks, ...known.blocks]),
        uncertainty: Math.max(known.uncertainty, chain.uncertainty),
      };
    }
    return new Trust(chains, trust.authorities, trust.bitcoin, trust.signers);
  }

  /** This trust and a block given by hand, without a genesis. Raises TrustInvalid when another one is known. */
  withBlock(chainId: number, block: TrustedBlock): Trust {
    for (const chain of this.chains) {
      const known = chain.chainId === chainId ? chain.blocks.get(block.number) : undefined;
      if (known && !equal(known.hash, block.hash)) throw contradiction(chainId, known, block);
    }
    const found = this.chains.find((chain) => chain.chainId === chainId && chain.genesis === null);
    const empty: TrustedChain = {
      chainId, genesis: null, dev: false, contracts: [], blocks: new Map(), uncertainty: DEFAULT_UNCERTAINTY,
    };
    const chain = found ?? empty;
    const grown = { ...chain, blocks: new Map([...chain.blocks, [block.number, block]]) };
    const chains = [...this.chains.filter((one) => one !== found), grown];
    return new Trust(chains, this.authorities, this.bitcoin, this.signers);
  }

  withHeaders(headers: Iterable<TrustedHeader>): Trust {
    const known = new Map(this.bitcoin.map((one) => [one.height, one]));
    for (const header of headers) {
      const other = known.get(header.height);
      if (other === undefined) known.set(header.height, header);
      else if (!equal(other.header, header.header))
        throw new TrustInvalid(
          `your sources contradict each other about Bitcoin block ${header.height}: ` +
            `${hex(other.header)} by ${tell(other.source, ENGLISH)}, ${hex(header.header)} by ${tell(header.source, ENGLISH)}`,
        );
    }
    return new Trust(this.chains, this.authorities, [...known.values()], this.signers);
  }

  withAuthority(authority: TrustedAuthority): Trust {
    return new Trust(this.chains, [...this.authorities, authority], this.bitcoin, this.signers);
  }

  /** What is known about block `number` of the chain with this number and genesis, and about this contract. */
  judge(chainId: number, genesis: Bytes, contract: Bytes, number: number, blockHash: Bytes): Judgement {
    const sameId = this.chains.filter((chain) => chain.chainId === chainId);
    const chains = sameId.filter((chain) => chain.genesis === null || equal(chain.genesis, genesis));
    const named = sameId.filter((chain) => chain.genesis !== null);
    if (named.length && !named.some((chain) => equal(chain.genesis as Bytes, genesis)))
      return open(said("genesis-other", { chain: chainId, genesis: evm(genesis) }), "genesis-differs");
    // Where only a hash without a genesis can confirm the block, all that is known of that chain id applies.
    const byGenesis = chains.some((chain) => chain.genesis !== null && chain.blocks.has(number));
    const binding = byGenesis ? chains : sameId;
    const blocks = binding.flatMap((chain) => chain.blocks.get(number) ?? []);
    const other = blocks.find((block) => !equal(block.hash, blockHash));
    if (other) return { ...open(blockKnown(chainId, other), "block-hash-differs"), status: "FAILED" };
    if (!blocks.length)
      return open(said("block-unknown", { number, chain: chainId, hash: evm(blockHash) }), "block-hash-unconfirmed");
    const trustedDev = chains.some((chain) => chain.dev);
    if (DEV_CHAIN_IDS.includes(chainId) && !trustedDev)
      return open(said("chain-for-development", { chain: chainId }), "dev-chain-untrusted");
    const contracts = new Set(binding.flatMap((chain) => chain.contracts.map(hex)));
    if (contracts.size && !contracts.has(hex(contract))) {
      const values = { contract: evm(contract), count: contracts.size, chain: chainId };
      return open(said("contract-other", values), "contract-untrusted");
    }
    return {
      status: "PASSED",
      said: blockKnown(chainId, blocks[0]),
      reason: trustedDev ? "dev-chain" : null,
      pinned: contracts.size > 0,
      uncertainty: Math.max(...chains.map((chain) => chain.uncertainty)),
    };
  }

  /** The time of a block that the verifier's sources know with its time, on a chain that they trust. */
  timeOf(chainId: number, number: number, blockHash: Bytes): KnownTime | null {
    const chains = this.chains.filter((chain) => chain.chainId === chainId);
    const block = chains
      .map((chain) => chain.blocks.get(number))
      .find((one) => one !== undefined && equal(one.hash, blockHash) && one.timestamp !== null);
    if (!block) return null;
    const dev = chains.some((chain) => chain.dev);
    if (DEV_CHAIN_IDS.includes(chainId) && !dev) return null;
    const uncertainty = Math.max(...chains.map((chain) => chain.uncertainty));
    return { timestamp: block.timestamp as number, uncertainty, dev };
  }
}

function open(told: Said, reason: Reason): Judgement {
  return { status: "INDETERMINATE", said: told, reason, pinned: false, uncertainty: DEFAULT_UNCERTAINTY };
}

function blockKnown(chainId: number, block: TrustedBlock): Said {
  return said("block-known", { source: block.source, number: block.number, chain: chainId, hash: evm(block.hash) });
}

function sameGenesis(one: Bytes | null, other: Bytes | null): boolean {
  return one === null || other === null ? one === other : equal(one, other);
}

function contradiction(chainId: number, known: TrustedBlock, block: TrustedBlock): TrustInvalid {
  return new TrustInvalid(
    `your sources contradict each other about block ${block.number} of chain ${chainId}: ` +
      `0x${hex(known.hash)} by ${tell(known.source, ENGLISH)}, 0x${hex(block.hash)} by ${tell(block.source, ENGLISH)}`,
  );
}

/** [chain id, number, hash of 32 bytes] of a block written CHAIN:NUMBER:0xHASH. Raises TrustInvalid. */
export function parseBlock(text: string): [number, number, Bytes] {
  const match = BLOCK.exec(text);
  if (!match) throw new TrustInvalid(`not a block: ${repr(cut(text, 100))}`);
  return [Number(match[1]), Number(match[2]), fromHex(match[3].slice(2))];
}

/** A Bitcoin header written HEIGHT:HEX, with 160 hexadecimal digits. Raises TrustInvalid. */
export function parseHeader(text: string): TrustedHeader {
  const match = HEADER.exec(text);
  if (!match || Number(match[1]) > MAX_HEIGHT)
    throw new TrustInvalid(`not a Bitcoin header: ${repr(cut(text, 100))}; one is HEIGHT:HEX with 160 hexadecimal digits`);
  return { height: Number(match[1]), header: fromHex(match[2]), source: said("source-header-option"), regtest: false };
}

function readList<T>(top: Reader, name: string, most: number, read: (item: Reader) => T): T[] {
  return top.has(name) ? top.each(name, most, read) : [];
}

function readAuthority(item: Reader): TrustedAuthority {
  item.only(["root"], ["name", "certificates", "policies", "qualified", "uncertainty_seconds", "crls"]);
  const policies = item.has("policies") ? item.items("policies", MAX_POLICIES) : [];
  const texts = policies.filter((policy): policy is string => typeof policy === "string" && OID.test(policy));
  if (texts.length !== policies.length)
    throw item.refuse("policies", "is not a list of object identifiers such as 1.2.3.4");
  return {
    name: item.has("name") ? item.text("name", MAX_NAME) : "",
    root: item.base64Bytes("root", MAX_CERTIFICATE_BYTES),
    certificates: item.has("certificates") ? item.base64List("certificates", MAX_CERTIFICATES, MAX_CERTIFICATE_BYTES) : [],
    policies: texts,
    qualified: item.has("qualified") ? item.boolean("qualified") : false,
    uncertainty: item.has("uncertainty_seconds") ? item.integer("uncertainty_seconds") : AUTHORITY_UNCERTAINTY,
    crls: item.has("crls") ? item.base64List("crls", MAX_CRLS, MAX_CRL_BYTES) : [],
  };
}

function readHeader(item: Reader): TrustedHeader {
  item.only(["height", "header"], ["regtest"]);
  const regtest = item.has("regtest") ? item.boolean("regtest") : false;
  const height = item.integer("height", 0, MAX_HEIGHT);
  return { height, header: item.hex("header", HEADER_SIZE), source: FILE, regtest };
}

function readSigner(item: Reader): Bytes {
  item.only(["root"], ["name"]);
  if (item.has("name")) item.text("name", MAX_NAME);
  return item.base64Bytes("root", MAX_CERTIFICATE_BYTES);
}

function readChain(chain: Reader): TrustedChain {
  chain.only(["chain_id", "genesis", "blocks"], ["name", "dev", "contracts", "uncertainty_seconds"]);
  const listed = chain.each("blocks", MAX_BLOCKS, readBlock);
  const blocks = new Map(listed.map((block) => [block.number, block]));
  if (blocks.size !== listed.length) throw new TrustInvalid(`the ${chain.what} names a block twice`);
  const [chainId, genesis] = [chain.integer("chain_id", 1), chain.evmHex("genesis", 32)];
  if (chain.has("name")) chain.text("name");
  return {
    chainId,
    genesis,
    dev: chain.has("dev") ? chain.boolean("dev") : false,
    contracts: chain.has("contracts") ? chain.evmHexList("contracts", MAX_CONTRACTS, 20, 20) : [],
    blocks,
    uncertainty: chain.has("uncertainty_seconds") ? chain.integer("uncertainty_seconds") : DEFAULT_UNCERTAINTY,
  };
}

function readBlock(block: Reader): TrustedBlock {
  block.only(["number", "hash"], ["timestamp"]);
  const timestamp = block.has("timestamp") ? block.integer("timestamp") : null;
  return { number: block.integer("number"), hash: block.evmHex("hash", 32), timestamp, source: FILE };
}

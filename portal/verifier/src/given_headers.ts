// A file of Bitcoin headers that the reader gives, and those headers of it that the receipts need.

import { type Bytes, repr, utf8 } from "./bytes";
import { NotaryError, OtsInvalid, TrustInvalid } from "./errors";
import { HeaderChain, MAINNET } from "./header_chain";
import { checkProof, readBlockHeader } from "./ots";
import type { Receipt } from "./receipt";
import { type Said, said } from "./said";
import { MAX_HEIGHT, type TrustedHeader } from "./trust";

export class GivenHeaders {
  private name = "";
  private chain: HeaderChain | null = null;
  private fault: NotaryError | null = null;
  private known: TrustedHeader[] = [];
  private turn = 0;

  /** Check a file; `first`: the height of its first header, as it was typed. False: another one was given meanwhile. */
  async use(file: File, first: string, advance: (share: number) => void): Promise<boolean> {
    const mine = ++this.turn;
    const read = async (begin: number, end: number): Promise<Bytes> => new Uint8Array(await file.slice(begin, end).arrayBuffer());
    let [chain, fault]: [HeaderChain | null, NotaryError | null] = [null, null];
    try {
      const raw = { name: file.name, size: file.size, read };
      chain = await HeaderChain.open(raw, heightOf(first), MAINNET, (share) => mine === this.turn && advance(share));
    } catch (exc) {
      if (!(exc instanceof NotaryError)) throw exc;
      fault = exc;
    }
    if (mine !== this.turn) return false;
    [this.name, this.chain, this.fault] = [file.name, chain, fault];
    return true;
  }

  forget(): void {
    this.turn += 1;
    [this.name, this.chain, this.fault, this.known] = ["", null, null, []];
  }

  /** Read the headers of the blocks that the receipts' proofs name. */
  async lookUp(receipts: readonly Receipt[]): Promise<void> {
    const [found, source]: [TrustedHeader[], Said] = [[], said("source-headers", { path: this.name })];
    for (const height of this.chain ? heightsOf(receipts) : []) {
      const header = await this.chain?.at(height);
      if (header) found.push({ height, header, source, regtest: false });
    }
    this.known = found;
  }

  /** The headers found. Raises BitcoinHeaderInvalid or TrustInvalid, where the file is not usable. */
  headers(): TrustedHeader[] {
    if (this.fault) throw this.fault;
    return this.known;
  }

  /** What is wrong with the file, or "". */
  problem(): string {
    return this.fault?.message ?? "";
  }

  /** The name of the file in use, or "". */
  inUse(): string {
    return this.chain ? this.name : "";
  }
}

/** Check the work of a pasted header, so that a slip of the pen shows at once. Raises BitcoinHeaderInvalid. */
export function checked(header: TrustedHeader): TrustedHeader {
  readBlockHeader(header.header, "mainnet");
  return header;
}

function heightOf(text: string): number {
  if (!/^[0-9]{1,10}$/.test(text) || Number(text) > MAX_HEIGHT) throw new TrustInvalid(`${repr(text.slice(0, 20))} is no height of a block`);
  return Number(text);
}

/** The Bitcoin blocks that the receipts' anchors name, in order. */
function heightsOf(receipts: readonly Receipt[]): number[] {
  const heights = new Set<number>();
  for (const { note, anchors, later } of receipts)
    for (const [stamped, proofs] of [[note, anchors], [later?.note, later?.anchors ?? []]] as const)
      for (const anchor of proofs) {
        if (anchor.kind !== "ots" || !stamped) continue;
        try {
          for (const one of checkProof(anchor.proof, utf8(stamped.toText())))
            if (one.kind === "bitcoin" && one.height !== null) heights.add(Number(one.height));
        } catch (exc) {
          if (!(exc instanceof OtsInvalid)) throw exc; // the verdict says so
        }
      }
  return [...heights].sort((one, other) => one - other);
}

"""Sealed documents with whole receipts, made by the tests' builder: a log, a block and a trie of our own, no node.

What they prove counts for nothing; what it costs to check them is what it costs to check any.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness import ROOT

from notary.proofs.receipt import Receipt
from notary.verdicts.trust import Trust, TrustedBlock, TrustedChain

sys.path.append(str(ROOT / "tests"))
from support import sealed as builder

NEIGHBOURS = 150  # transactions in a block, as on a busy chain


@dataclass(frozen=True)
class Batch:
    documents: Sequence[bytes]
    receipts: Sequence[Receipt]
    trust: Trust

    def write(self, folder: Path) -> list[Path]:
        """NAME and NAME.receipt.json for each document, and `trust.json` beside the folder; the documents' paths."""
        folder.mkdir()
        folder.with_name("trust.json").write_bytes(self.trust.to_bytes())
        paths = []
        for i, (document, receipt) in enumerate(zip(self.documents, self.receipts, strict=True)):
            path = folder / f"{i:04}.pdf"
            path.write_bytes(document)
            path.with_name(path.name + ".receipt.json").write_bytes(receipt.to_bytes())
            paths.append(path)
        return paths


def one_batch(count: int, seed: int = 1) -> Batch:
    """`count` documents of 1 to 32 KiB sealed at once: they share checkpoint and anchor, as a folder does."""
    rand = random.Random(seed)
    documents = [rand.randbytes(int(2 ** rand.uniform(10, 15))) for _ in range(count)]
    sealed = builder.seal(documents, entries_before=100_000)
    block = builder.anchored_block(sealed, neighbours=NEIGHBOURS, index=NEIGHBOURS // 2, number=1_000 + seed)
    receipts = builder.anchor(sealed, builder.make_anchor(block, NEIGHBOURS // 2, 1))
    return Batch(documents, receipts, builder.trust_in(block))


def own_batches(count: int) -> Batch:
    """`count` documents, each sealed and anchored alone, in a block of its own: two checks share nothing."""
    documents: list[bytes] = []
    receipts: list[Receipt] = []
    blocks: dict[int, TrustedBlock] = {}
    rand = random.Random(2)
    for i in range(count):
        sealed = builder.seal([rand.randbytes(1024)], entries_before=20 + i)
        block = builder.anchored_block(sealed, neighbours=20, number=i + 1)
        receipts += builder.anchor(sealed, builder.make_anchor(block, 7, 1))
        documents += sealed.documents
        blocks[block.number] = TrustedBlock(block.number, block.hash)
    chain = TrustedChain(1, builder.GENESIS, "ours", False, (builder.CONTRACT,), blocks)
    return Batch(documents, receipts, Trust((chain,)))

"""A receipt of version 1 as it was once written: it must verify for ever.

Written by `python -c "from support.sealed import write_vectors; write_vectors()"` in tests/.
Other bytes here are another format.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from reference.receipt_reference import holds
from support.sealed import GENESIS, VECTORS, document_of, vectors

from notary.proofs import bundle
from notary.proofs.receipt import Receipt
from notary.verdicts.trust import Trust
from notary.verdicts.verdict import Reason, Status
from notary.verdicts.verify import verify_bytes

DOCUMENT = (VECTORS / "document").read_bytes()
RECEIPT = (VECTORS / "receipt.json").read_bytes()
TRUST = Trust.from_bytes((VECTORS / "trusted-blocks.json").read_bytes())


def test_the_receipt_passes_with_the_trusted_block_and_is_indeterminate_without() -> None:
    assert verify_bytes(RECEIPT, document_of(DOCUMENT), TRUST).status is Status.PASSED
    assert verify_bytes(RECEIPT, document_of(DOCUMENT)).reason is Reason.BLOCK_HASH_UNCONFIRMED
    assert verify_bytes(RECEIPT, document_of(DOCUMENT + b"."), TRUST).status is Status.FAILED


def test_the_second_verifier_agrees() -> None:
    (chain,) = TRUST.chains
    blocks = {(chain.chain_id, "0x" + GENESIS.hex(), n): "0x" + block.hash.hex() for n, block in chain.blocks.items()}
    assert holds(RECEIPT, DOCUMENT, blocks)
    assert not holds(RECEIPT, DOCUMENT, {})


def test_the_bundle_holds_the_same_receipt() -> None:
    assert Receipt.from_bytes(RECEIPT) in bundle.read_any((VECTORS / "receipts.json").read_bytes())


@pytest.mark.parametrize("name", sorted(vectors()))
def test_what_is_written_today_is_what_was_written_then(name: str) -> None:
    assert vectors()[name] == Path(VECTORS, name).read_bytes()

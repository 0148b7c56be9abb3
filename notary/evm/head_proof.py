"""Where the chain holds a head, and the proof of it as receipts carry it, whoever sent the transaction.

find   the block and transaction that recorded a head, by the contract's events
prove  the whole anchor, verified here and now with the verifier's own code
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from notary import jcs
from notary.errors import EvmProofInvalid
from notary.evm.evm_proof import verify_anchor
from notary.log.log_events import history
from notary.proofs.receipt import Anchor, UnknownAnchor, write_anchor
from notary.reading import evm
from onchain.errors import ProofUnavailable

if TYPE_CHECKING:
    from notary.evm.evidence_chain import EvidenceChain
    from notary.log.log_events import Appended
    from onchain.records import TxRecord


@dataclass(frozen=True, slots=True)
class Mined:
    """A transaction in a block: tx and block_hash have 32 bytes."""

    tx: bytes
    block: int
    block_hash: bytes

    @classmethod
    def of(cls, record: TxRecord) -> Mined | None:
        """Where one of our own is; None: in no block."""
        if record.block_number is None or record.block_hash is None:
            return None
        return cls(record.tx_hash, record.block_number, record.block_hash)

    @classmethod
    def by_event(cls, head: Appended) -> Mined:
        return cls(head.place.tx, head.place.block, head.place.block_hash)


def find(evidence: EvidenceChain, log_id: bytes, size: int, root: bytes) -> Mined | None:
    """What recorded this head on the chain; None: nothing did.

    log_id  32 bytes, the log's id in the contract; root of 32 bytes, as we have it

    Raises ProofUnavailable where the contract holds it and the node shows no event of it, other ChainErrors.
    """
    present = evidence.head(log_id)
    if present.size < size:
        return None
    newest = evidence.chain.head().number
    told = history(evidence.chain, evidence.contract, log_id, evidence.first_block, newest)
    for head in told.heads:
        if (head.size, head.root) == (size, root):
            return Mined.by_event(head)
    if (present.size, present.root) == (size, root):
        raise ProofUnavailable(f"the contract holds the head of {size} entries, the node shows no event of it")
    return None


def prove(evidence: EvidenceChain, log_id: bytes, size: int, root: bytes, mined: Mined) -> bytes:
    """The anchor of a head in a final block, as anchors.proof keeps it and receipts carry it.

    Raises ProofUnavailable, other ChainErrors.
    """
    shown: Anchor
    try:
        shown = evidence.prove(mined.tx, log_id, size)
        verify_anchor(shown, log_id, size, root)
    except ProofUnavailable:
        if evidence.chain.profile.receipts != "none":
            raise
        shown = _without_proof(evidence, mined)
    except EvmProofInvalid as exc:
        raise ProofUnavailable(f"the node's parts of it do not fit: {exc}") from exc
    return jcs.dumps({"anchors": [write_anchor(shown)]})


def _without_proof(evidence: EvidenceChain, mined: Mined) -> UnknownAnchor:
    """For chains whose receipts are under no Merkle-Patricia root: where to look, proving nothing offline."""
    return UnknownAnchor(
        jcs.dumps(
            {
                "type": "evm-unproven",
                "chain_id": evidence.chain.chain_id,
                "contract": evm(evidence.address),
                "tx": evm(mined.tx),
                "block_number": mined.block,
                "block_hash": evm(mined.block_hash),
            }
        )
    )

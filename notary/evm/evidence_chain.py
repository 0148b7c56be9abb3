"""The evidence log's contract on one chain, as the notary uses it: read the head, send a new one, prove it.

The only module of the notary that talks to `onchain`. Its errors (node unreachable, wrong chain, no funds, reverted) go
through as they are: they are that package's to explain.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from notary.evm.evm_proof import HEAD_APPENDED_TOPIC, EvmAnchor
from notary.keccak import keccak256

if TYPE_CHECKING:
    from onchain.connect import Chain
    from onchain.contract import Contract
    from onchain.decode import Log
    from onchain.records import TxRecord
    from onchain.send import Sender

ED25519_NOTE_KEY = b"\x01"  # the algorithm byte before the key, as in C2SP signed notes


@dataclass(frozen=True, slots=True)
class ChainHead:
    """What the contract holds of one log. owner is None when there is no such log; root has 32 bytes."""

    size: int
    root: bytes
    appender: str
    owner: str | None
    closed: bool


@dataclass(frozen=True, slots=True)
class EvidenceChain:
    """One deployment of EvidenceLog, with the account that appends.

    sender       sends as the appender; keeps its transactions in our database
    contract     the EvidenceLog at its address
    owner        address of the cold key that will own the log; None: the sender's own
    between      called while waiting; on an idle dev chain it mines
    first_block  in which the contract was made, or an earlier one
    """

    chain: Chain
    sender: Sender
    contract: Contract
    owner: str | None = None
    between: Callable[[], object] | None = None
    first_block: int = 0

    @property
    def address(self) -> bytes:
        """20 bytes, the contract's."""
        return bytes.fromhex(self.contract.address[2:])

    @property
    def poll_seconds(self) -> float:
        """How long to wait between two looks."""
        return max(0.2, min(self.chain.profile.block_seconds, 15))

    def log_id(self, salt: bytes) -> bytes:
        """The id of the log that this sender creates with `salt`: 32 bytes, known before it exists."""
        return keccak256(bytes(12) + bytes.fromhex(self.sender.address[2:]) + salt)

    def head(self, log_id: bytes) -> ChainHead:
        """The log's newest head on the chain.  Raises ChainError."""
        output = self.chain.call(self.contract.address, self.contract.encode("head", log_id))
        size, root, appender, owner, closed, _ = self.contract.decode_output("head", output)
        known = int(cast(str, owner), 16) != 0
        return ChainHead(
            cast(int, size), cast(bytes, root), cast(str, appender), cast(str, owner) if known else None, bool(closed)
        )

    def create(self, key: str, salt: bytes, origin: str, note_key: bytes) -> TxRecord:
        """Send the creation of the log, once for each `key`.  Raises ChainError."""
        sender = self.sender.address
        return self.sender.call_contract(
            key, self.contract, "create", salt, self.owner or sender, sender, origin, ED25519_NOTE_KEY + note_key
        )

    def append(self, key: str, log_id: bytes, old: int, new: int, root: bytes, proof: list[bytes]) -> TxRecord:
        """Send a new head, once for each `key`.  Raises ChainError."""
        return self.sender.call_contract(key, self.contract, "append", log_id, old, new, root, proof)

    def prove(self, tx: bytes, log_id: bytes, size: int) -> EvmAnchor:
        """The whole proof that transaction `tx` recorded the head of `size` entries.

        Raises ProofUnavailable (also for chains whose receipts cannot be proven) and other ChainErrors.
        """
        from onchain.proof import build_anchor_proof

        topics = (HEAD_APPENDED_TOPIC, log_id, size.to_bytes(32, "big"))

        def is_ours(log: Log) -> bool:
            return log.address == self.contract.address and tuple(log.topics) == topics

        proof = build_anchor_proof(self.chain, tx, is_ours)
        return EvmAnchor(
            chain_id=proof.chain_id,
            genesis=proof.genesis,
            contract=self.address,
            block_number=proof.block_number,
            block_hash=keccak256(proof.header_rlp),
            header=proof.header_rlp,
            receipt=proof.receipt,
            receipt_index=proof.receipt_index,
            path=tuple(proof.path),
            log_index=proof.log_index_in_receipt,
            tx=tx,
        )

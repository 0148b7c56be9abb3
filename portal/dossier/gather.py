"""Make a plan's dossier: its paper from the workspace, its events and their proofs from the node.

Only what is final goes in: a dossier made today must still be true tomorrow.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from onchain.artifacts import load
from onchain.errors import NodeRefused
from onchain.proof import EvmProof, build_anchor_proof, raw_header
from portal.dossier.check import BOOK, COLLATERAL
from portal.dossier.file import MAX_EVENTS, ContractRef, Dossier, ProvenReceipt
from portal.errors import DossierInvalid

if TYPE_CHECKING:
    from onchain.connect import Chain
    from onchain.decode import Log
    from portal.papers import Paper

CHUNK: Final = 10_000  # blocks asked for at once; halved where the node refuses

Advance = Callable[[int, int], None]


def _nobody(_done: int, _total: int) -> None:
    """Progress that nobody watches."""


def gather(chain: Chain, paper: Paper, first_block: int, advance: Advance = _nobody) -> Dossier:
    """The dossier of a plan as of the chain's newest final block.

    first_block  that can hold events of it
    advance      called with (events proven, events)

    Raises ProofUnavailable (also where a chain's receipts cannot be proven), NodeError, DossierInvalid.
    """
    final = chain.final()
    contracts = [(BOOK, paper.book)]
    collateral = getattr(paper.terms, "collateral", None)
    if paper.collateral_terms is not None and collateral is not None:
        contracts.append((COLLATERAL, collateral))
    addresses = [address for _, address in contracts]
    found = list(_logs(chain, addresses, bytes.fromhex(paper.id[2:]), first_block, final.number))
    if len(found) > MAX_EVENTS:
        raise DossierInvalid(paper.name, f"it has {len(found)} events, at most {MAX_EVENTS} are exported")
    headers: dict[bytes, int] = {}
    raw_headers: list[bytes] = []
    receipts: dict[bytes, int] = {}
    proven: list[ProvenReceipt] = []
    events: list[tuple[int, int]] = []
    for done, log in enumerate(found, 1):
        proof = _prove(chain, log)
        if proof.block_hash not in headers:
            headers[proof.block_hash] = len(raw_headers)
            raw_headers.append(proof.header_rlp)
        if log.tx_hash not in receipts:
            receipts[log.tx_hash] = len(proven)
            block = headers[proof.block_hash]
            proven.append(ProvenReceipt(block, proof.receipt_index, proof.path, proof.receipt, log.tx_hash))
        events.append((receipts[log.tx_hash], proof.log_index_in_receipt))
        advance(done, len(found))
    if final.hash not in headers:
        raw_headers.append(raw_header(chain, final.hash))
    return Dossier(
        paper=paper,
        chain_id=chain.chain_id,
        genesis=chain.genesis,
        contracts=tuple(
            ContractRef(name, bytes.fromhex(address[2:]), json.dumps(list(load(name).abi), separators=(",", ":")))
            for name, address in contracts
        ),
        headers=tuple(raw_headers),
        receipts=tuple(proven),
        events=tuple(events),
    )


def _prove(chain: Chain, log: Log) -> EvmProof:
    def is_it(other: Log) -> bool:
        return other.log_index == log.log_index

    return build_anchor_proof(chain, log.tx_hash, is_it)


def _logs(chain: Chain, addresses: list[str], plan: bytes, first: int, last: int) -> Iterator[Log]:
    chunk = CHUNK
    while first <= last:
        end = min(last, first + chunk - 1)
        try:
            yield from chain.logs(first, end, addresses, subject=plan)
        except NodeRefused:
            if chunk == 1:
                raise
            chunk //= 2
            continue
        first = end + 1

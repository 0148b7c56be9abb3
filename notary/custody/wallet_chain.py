"""Ask a wallet on its chain whether a signature is its own (ERC-1271).

An adapter, as `evidence_chain`: errors of `onchain` (node unreachable, wrong chain) go through as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from onchain.connect import BlockId, Chain

IS_VALID_SIGNATURE: Final = bytes.fromhex("1626ba7e")  # of isValidSignature(bytes32,bytes); also the answer "yes"
CALL_GAS: Final = 3_000_000  # what a wallet may spend: many owners, or a curve that the chain has no precompile for


def check_erc1271(chain: Chain, address: bytes, digest: bytes, signature: bytes, block: BlockId = "latest") -> bool:
    """Whether the wallet at `address` says that it signed `digest`, as of `block`.

    chain      checked to be the one that the signature names
    address    20 bytes
    digest     32 bytes, `Statement.eip712_digest()`
    signature  1 to 4096 bytes
    block      tag, number, or hash (32 bytes): owners change, so the wallet may answer otherwise today than it did then

    False also for an address without code, a call that reverts, or one that needs more than CALL_GAS.
    Raises NodeError; NodeRefused for a block whose state the node no longer has.  Source: ERC-1271.
    """
    from onchain import wire
    from onchain.connect import as_revert, block_param, call_object
    from onchain.errors import NodeRefused, TransactionReverted

    padded = signature + bytes(-len(signature) % 32)
    data = IS_VALID_SIGNATURE + digest + (64).to_bytes(32, "big") + len(signature).to_bytes(32, "big") + padded
    request = {**call_object("0x" + address.hex(), data), "gas": wire.hex_quantity(CALL_GAS)}
    try:
        answer = wire.data(chain.rpc("eth_call", [request, block_param(block)]), "answer of a wallet")
    except NodeRefused as exc:
        if isinstance(as_revert(exc, None, 0), TransactionReverted) or _out_of_gas(exc.message):
            return False
        raise
    return answer[:32] == IS_VALID_SIGNATURE + bytes(28)


def _out_of_gas(message: str) -> bool:
    text = message.lower()
    return "out of gas" in text or "outofgas" in text or "invalid opcode" in text or "invalidfeopcode" in text

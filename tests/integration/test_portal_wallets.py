"""`verify --rpc` asks contract wallets whether they signed, over the nodes that the verifier named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from support.devchain import dev_chain

from notary.custody.signatures import Erc1271Signature
from onchain.devchain import DevChain
from portal.wallets import wallet_asker

YES = "631626ba7e60e01b60005260206000f3"  # answers the magic value to whatever it is asked
NO = "60006000fd"  # reverts
DEAD = "http://127.0.0.1:9"
DIGEST = b"\x07" * 32


@pytest.fixture(scope="module")
def dev() -> Iterator[DevChain]:
    with dev_chain() as made:
        yield made


def wallet(dev: DevChain, code: str, number: int) -> Erc1271Signature:
    """A signature that a wallet with that code is to judge."""
    chain = dev.chain()
    address = bytes([number]) * 20
    chain.rpc("anvil_setCode", ["0x" + address.hex(), "0x" + code])
    return Erc1271Signature(chain.chain_id, address, b"\x01" * 65)


class TestWalletAsker:
    def test_the_wallets_word_is_taken_and_its_no_as_well(self, dev: DevChain) -> None:
        ask = wallet_asker([dev.url])
        assert ask(wallet(dev, YES, 0x51), DIGEST) is True
        assert ask(wallet(dev, NO, 0x52), DIGEST) is False

    def test_a_wallet_of_another_chain_cannot_be_told(self, dev: DevChain) -> None:
        elsewhere = replace(wallet(dev, YES, 0x51), chain_id=1)
        assert wallet_asker([dev.url])(elsewhere, DIGEST) is None

    def test_a_dead_node_does_not_count_and_the_next_one_answers(self, dev: DevChain) -> None:
        assert wallet_asker([DEAD, dev.url])(wallet(dev, YES, 0x51), DIGEST) is True
        assert wallet_asker([DEAD])(wallet(dev, YES, 0x51), DIGEST) is None
        assert wallet_asker([])(wallet(dev, YES, 0x51), DIGEST) is None

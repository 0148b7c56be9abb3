"""Contract wallets, asked over the verifier's own nodes whether they signed (`verify --rpc`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from portal.config import reveal

if TYPE_CHECKING:
    from notary.custody.signatures import Erc1271Signature
    from notary.verdicts.verify_case import AskWallet

TIMEOUT_SECONDS: Final = 20.0


def wallet_asker(urls: Sequence[str]) -> AskWallet:
    """What tells whether a wallet confirms a signature today: the first node of its chain that answers.

    Nodes are connected when the first wallet is asked for; one that cannot be asked does not count. Raises
    SecretMissing.
    """
    revealed = [reveal(url) for url in urls]

    def ask(signed: Erc1271Signature, digest: bytes) -> bool | None:
        from notary.custody.wallet_chain import check_erc1271
        from onchain.errors import ChainError
        from portal.trusted import connect_any

        for url in revealed:
            try:
                chain = connect_any(url, TIMEOUT_SECONDS)
                try:
                    if chain.chain_id == signed.chain_id:
                        return check_erc1271(chain, signed.address, digest, signed.signature)
                finally:
                    chain.close()
            except ChainError:
                continue
        return None

    return ask

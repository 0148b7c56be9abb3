"""A token to try out with, on embedded chains only: anybody may mint it, so it is worth nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from onchain.errors import DevChainError

if TYPE_CHECKING:
    from portal.world import World
    from settlement.token import TokenInfo

NAME: Final = "DemoToken"
SYMBOL: Final = "TEST"
DECIMALS: Final = 6
EACH: Final = 1_000_000 * 10**DECIMALS


def make_test_token(world: World) -> TokenInfo:
    """Deploy the token if it is not there, and fill each key's account up to a million.

    Raises DevChainError unless the plans' chain is embedded, and what sending raises.
    """
    from onchain.contract import Contract
    from onchain.deploy import deploy
    from settlement.token import Token

    if not world.use("plans").embedded:
        raise DevChainError("a token to try out with is made on an embedded chain only")
    sender = world.sender("plans")
    made = deploy(NAME, ["Test token", SYMBOL, DECIMALS], sender, world.workspace.deployments)
    contract, token = Contract(NAME, made.address), Token(sender.chain, made.address)
    keys = []
    for key in world.keys.all():
        has = token.balance(key.address)
        if has < EACH:
            keys.append(f"mint:{made.address}:{key.address}:{has}")
            sender.call_contract(keys[-1], contract, "mint", key.address, EACH - has)
    for name in keys:
        sender.wait(name, 60.0)
    return token.info()

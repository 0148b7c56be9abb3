"""ERC-20 tokens through a chain connection: what they say about themselves, balances, exact allowances."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from onchain.abi import decode
from onchain.contract import Contract
from onchain.errors import AbiError, NoSuchContract, TransactionReverted
from settlement.money import MAX_DECIMALS
from settlement.service_errors import AllowanceShort, FundsShort, TokenInvalid

if TYPE_CHECKING:
    from onchain.connect import Chain
    from onchain.send import Sender

MAX_APPROVALS = 8
"""Approvals sent for one payment; two are usual at most, more only when another payment spends them in between."""

MAX_SYMBOL = 12
"""Characters kept of a token's symbol; symbols in use have 3 to 6."""

_ADDRESS, _UINT256, _BOOL = {"type": "address"}, {"type": "uint256"}, {"type": "bool"}


def _function(name: str, inputs: list[dict[str, str]], output: dict[str, str]) -> dict[str, object]:
    named = [{"name": f"a{index}", **kind} for index, kind in enumerate(inputs)]
    return {"type": "function", "name": name, "inputs": named, "outputs": [{"name": "", **output}]}


_ABI = [
    _function("decimals", [], {"type": "uint8"}),
    _function("symbol", [], {"type": "string"}),
    _function("balanceOf", [_ADDRESS], _UINT256),
    _function("allowance", [_ADDRESS, _ADDRESS], _UINT256),
    _function("approve", [_ADDRESS, _UINT256], _BOOL),
]


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """What a token says about itself.

    symbol    at most 12 harmless characters; the address's beginning where the token has none
    decimals  0..36
    """

    address: str
    symbol: str
    decimals: int


class Token:
    """An ERC-20 at an address of a chain."""

    def __init__(self, chain: Chain, address: str) -> None:
        self._chain = chain
        self._contract = Contract("ERC-20", address, _ABI)

    @property
    def address(self) -> str:
        """The token's EIP-55 address."""
        return self._contract.address

    def info(self) -> TokenInfo:
        """Ask the token what it is.

        Raises NoSuchContract (no code at the address), TokenInvalid, NodeError.
        """
        if not self._chain.code(self.address):
            raise NoSuchContract(f"token {self.address}", self._chain.chain_id)
        decimals = self._number("decimals")
        if decimals > MAX_DECIMALS:
            raise TokenInvalid(token=self.address, reason=f"{decimals} decimals; 0 to {MAX_DECIMALS} are accepted")
        self._number("balanceOf", self.address)
        return TokenInfo(self.address, self._symbol(), decimals)

    def balance(self, owner: str) -> int:
        """Return what `owner` holds.  Raises TokenInvalid, NodeError."""
        return self._number("balanceOf", owner)

    def allowance(self, owner: str, spender: str) -> int:
        """Return what `spender` may take from `owner`.  Raises TokenInvalid, NodeError."""
        return self._number("allowance", owner, spender)

    def require_funds(self, owner: str, amount: int) -> None:
        """Return when `owner` holds `amount`.  Raises FundsShort, TokenInvalid, NodeError."""
        held = self.balance(owner)
        if held < amount:
            raise FundsShort(address=owner, held=held, token=self.address, needed=amount)

    def allow(
        self,
        sender: Sender,
        spender: str,
        amount: int,
        *,
        key: str,
        timeout: float,
        between: Callable[[], object] | None = None,
    ) -> None:
        """Let `spender` take `amount` from the sender's account, if it may not already; returns when that is mined.

        key  names the payment that needs it; an approval under it that is still on its way is waited for, not repeated

        A smaller standing allowance is taken back first, as some tokens insist on.  Raises what sending raises.
        """
        standing = 0
        for number in range(MAX_APPROVALS):
            standing = self.allowance(sender.address, spender)
            if standing >= amount:
                return
            step = f"{key}:approve-{number}"
            known = sender.own(step)
            if known is None:
                new = 0 if standing > 0 else amount
                sender.call_contract(step, self._contract, "approve", spender, new)
            elif known.block_number is not None or known.settled:
                continue  # mined, and spent or overwritten since; or it can never be mined
            sender.wait(step, timeout, between=between)
        raise AllowanceShort(owner=sender.address, allowed=standing, token=self.address, needed=amount)

    def _number(self, function: str, *args: object) -> int:
        output = self._ask(function, *args)
        try:
            (value,) = self._contract.decode_output(function, output)
        except (AbiError, ValueError) as exc:
            raise TokenInvalid(token=self.address, reason=f"no answer to {function}()") from exc
        return cast(int, value)

    def _symbol(self) -> str:
        """The symbol, whatever is in it; old tokens answer 32 bytes instead of a string."""
        try:
            output = self._ask("symbol")
            if len(output) == 32:
                raw = output.rstrip(b"\0").decode("ascii", "replace")
            else:
                raw = cast(str, decode([{"type": "string"}], output)[0])
        except (TokenInvalid, AbiError, ValueError):
            raw = ""
        harmless = re.sub(r"[^A-Za-z0-9.$+-]", "", raw)[:MAX_SYMBOL]
        return harmless or self.address[:8]

    def _ask(self, function: str, *args: object) -> bytes:
        try:
            return self._chain.call(self.address, self._contract.encode(function, *args))
        except TransactionReverted as exc:
            raise TokenInvalid(token=self.address, reason=f"{function}() reverts") from exc

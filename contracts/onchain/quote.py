"""What a call would do and cost, asked in one round trip: simulation, gas, fees, nonce and balance."""

from __future__ import annotations

from dataclasses import dataclass

from onchain import wire
from onchain.connect import MAX_NUMBER, Chain, as_revert, block_call, call_object
from onchain.errors import ChainError, InsufficientFunds, NodeRefused
from onchain.fees import Fees, suggest, suggest_legacy
from onchain.rpc import Call
from onchain.wire import Json

MAX_GAS = 16_777_216  # EIP-7825: no transaction may have more
GAS_MARGIN_PERCENT = 20
TRANSFER_GAS = 21_000


@dataclass(frozen=True)
class Quote:
    """gas: limit with margin. nonce: the sender's next, by the node's pool. balance: wei."""

    fees: Fees
    gas: int
    nonce: int
    balance: int


def quote(chain: Chain, sender: str, to: str | None, data: bytes, value: int, cap: int) -> Quote:
    """Run a call on the newest state and say what sending it needs; `cap` bounds the fee per gas.

    Raises TransactionReverted, InsufficientFunds, NodeError; ChainError where no transaction may have so much gas.
    """
    request = call_object(to, data, sender=sender, value=value)
    called, estimated, counted, funded, *fee_answers = chain.batch(
        [
            ("eth_call", [request, "latest"]),
            ("eth_estimateGas", [request, "latest"]),
            ("eth_getTransactionCount", [sender, "pending"]),
            ("eth_getBalance", [sender, "latest"]),
            *_fee_calls(chain),
        ]
    )
    fees, gas_limit = _parse_fees(chain, fee_answers, cap)
    balance = wire.quantity(_value(funded), "balance")
    for answer in (called, estimated):
        if isinstance(answer, NodeRefused):
            problem = as_revert(answer, sender, value)
            if isinstance(problem, InsufficientFunds):
                problem = InsufficientFunds(value + TRANSFER_GAS * fees.max_fee, balance, sender)
            raise problem from answer
    estimate = wire.quantity(estimated, "gas estimate", MAX_NUMBER)
    bound = min(MAX_GAS, gas_limit)
    if estimate > bound:
        raise ChainError(f"the call needs {estimate} gas, a transaction may have {bound}")
    gas = min(bound, estimate + estimate * GAS_MARGIN_PERCENT // 100)
    return Quote(fees, gas, wire.quantity(_value(counted), "nonce", MAX_NUMBER), balance)


def current_fees(chain: Chain, cap: int) -> Fees:
    """What to offer now. Raises NodeError."""
    return _parse_fees(chain, chain.batch(_fee_calls(chain)), cap)[0]


def _fee_calls(chain: Chain) -> list[Call]:
    legacy = chain.profile.fees == "legacy"
    return [block_call("latest"), ("eth_gasPrice" if legacy else "eth_maxPriorityFeePerGas", [])]


def _parse_fees(chain: Chain, answers: list[Json | NodeRefused], cap: int) -> tuple[Fees, int]:
    block = wire.members(_value(answers[0]), "newest block")
    gas_limit = wire.quantity(block.get("gasLimit"), "gas limit", MAX_NUMBER)
    price = wire.quantity(_value(answers[1]), "gas price or tip")
    if chain.profile.fees == "legacy":
        return suggest_legacy(price, cap), gas_limit
    return suggest(wire.quantity(block.get("baseFeePerGas"), "base fee"), price, cap), gas_limit


def _value(answer: Json | NodeRefused) -> Json:
    if isinstance(answer, NodeRefused):
        raise answer
    return answer

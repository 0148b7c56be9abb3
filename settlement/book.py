"""The repayment book and its collateral module through a chain connection: one method for each thing a party can do.

Each step is asked of the pure mirror first, so that what the contract would refuse is refused here with a hint and
nothing is sent; then tokens, funds and allowances are looked at; then one transaction goes out under a key that names
its effect, and a repetition with the same key gives the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from onchain.contract import Contract
from onchain.decode import Event
from onchain.errors import TransactionReverted
from settlement.eip712 import ZERO_ADDRESS, as_tuple
from settlement.errors import AmountZero, SettlementError
from settlement.plan import ALL, Account, PlanView, State, Status, apply_pay, apply_withdraw, owed_total
from settlement.records import Position
from settlement.rules import validate, validate_collateral
from settlement.service_errors import AllowanceShort, CollateralUnknown, NotSender, SignatureForeign
from settlement.terms import CollateralTerms, Terms, book_domain, plan_id
from settlement.token import Token, TokenInfo
from settlement.tries import going, spelled

if TYPE_CHECKING:
    from onchain.connect import Chain
    from onchain.records import TxRecord
    from onchain.send import Sender

WAIT_SECONDS = 120.0
"""How long one transaction may take until it is in a block."""

CHARGES_AHEAD_SECONDS = 3_600
"""Paying everything allows for late charges of so long: the block that takes the payment comes a little later."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A mined transaction and what the books said in it."""

    record: TxRecord
    events: tuple[Event, ...]

    def first(self, name: str) -> Event | None:
        """Return the first event of a name, or None."""
        return next((event for event in self.events if event.name == name), None)


class Book:
    """A RepaymentBook, and the Collateral module that secures its plans.

    sender   None: only looking
    between  called while waiting for blocks; on an idle dev chain it mines
    """

    def __init__(
        self,
        chain: Chain,
        book: str,
        *,
        collateral: str | None = None,
        sender: Sender | None = None,
        wait_seconds: float = WAIT_SECONDS,
        between: Callable[[], object] | None = None,
    ) -> None:
        self._chain, self._sender, self._wait, self._between = chain, sender, wait_seconds, between
        self.book = Contract("RepaymentBook", book)
        self.collateral = None if collateral is None else Contract("Collateral", collateral)

    # --- looking ---

    def plan_id(self, terms: Terms) -> str:
        """Return a plan's id here, 0x hex."""
        return "0x" + plan_id(terms, book_domain(self._chain.chain_id, self.book.address)).hex()

    def token(self, address: str) -> TokenInfo:
        """Ask a token what it is.  Raises NoSuchContract, TokenInvalid, NodeError."""
        return Token(self._chain, address).info()

    def account(self, plan: str, at: int | str = "latest") -> Account:
        """Return what the book stores of a plan.

        at  block number or tag
        """
        (stored,) = self._call(self.book, "accountOf", bytes.fromhex(plan[2:]), at=at)
        members = cast(dict[str, int], stored)
        return Account(
            principal_paid=members["principalPaid"],
            charges_paid=members["chargesPaid"],
            status=Status(members["status"]),
            withdrawn=members["withdrawn"],
            charges_frozen=members["chargesFrozen"],
            opened_at=members["openedAt"],
            defaulted_at=members["defaultedAt"],
            noted=members["noted"],
        )

    def view(self, terms: Terms, moment: int, at: int | str = "latest") -> PlanView:
        """Return what the book says the plan is at `moment`, on its state of block `at`."""
        (seen,) = self._call(self.book, "statusAt", as_tuple(terms), moment, at=at)
        members = cast(dict[str, int], seen)
        return PlanView(
            state=State(members["state"]),
            cleared=members["cleared"],
            due=members["due"],
            overdue=members["overdue"],
            late=members["late"],
            principal_paid=members["principalPaid"],
            charges_paid=members["chargesPaid"],
            charges_assessed=members["chargesAssessed"],
            owed_now=members["owedNow"],
            owed_total=members["owedTotal"],
            withdrawable=members["withdrawable"],
            defaulted_at=members["defaultedAt"],
            next_due_at=members["nextDueAt"],
        )

    def position(self, plan: str, at: int | str = "latest") -> Position:
        """Return what the collateral module stores of a plan; its `auctions` and `ends_at` are not stored and 0."""
        (stored,) = self._call(self._module(plan), "positionOf", bytes.fromhex(plan[2:]), at=at)
        members = cast(dict[str, int], stored)
        return Position(
            started_at=members["startedAt"],
            start_price=members["startPrice"],
            released=members["released"],
            sold=members["soldQuantity"],
            surplus=members["surplus"],
        )

    def releasable(self, terms: Terms, collateral: CollateralTerms) -> int:
        """Return the collateral that the debtor may take out now."""
        module = self._module(self.plan_id(terms))
        return cast(int, self._call(module, "releasable", as_tuple(terms), as_tuple(collateral))[0])

    def lot(self, terms: Terms, collateral: CollateralTerms) -> int:
        """Return the quantity that an auction sells as the plan stands now; 0 once it is sold."""
        module = self._module(self.plan_id(terms))
        return cast(int, self._call(module, "lotOf", as_tuple(terms), as_tuple(collateral))[0])

    def price(self, terms: Terms, collateral: CollateralTerms, moment: int) -> int:
        """Return the auction's price at `moment`.  Raises TransactionReverted while none runs."""
        module = self._module(self.plan_id(terms))
        return cast(int, self._call(module, "priceAt", as_tuple(terms), as_tuple(collateral), moment)[0])

    # --- opening ---

    def allow_collateral(self, terms: Terms, collateral: CollateralTerms) -> None:
        """The debtor lets the module take the collateral; returns when that is mined.

        Raises CollateralUnknown, NotSender, FundsShort and what sending raises.
        """
        sender = self._by(terms.debtor, "debtor")
        module = self._named(terms)
        token = Token(self._chain, collateral.token)
        token.require_funds(terms.debtor, collateral.amount)
        key = f"plan:{self.plan_id(terms)}:collateral"
        token.allow(sender, module.address, collateral.amount, key=key, timeout=self._wait, between=self._between)

    def open(
        self,
        terms: Terms,
        debtor_signature: bytes,
        creditor_signature: bytes,
        collateral: CollateralTerms | None = None,
    ) -> Sent:
        """Open a plan that both parties signed; anybody may send it.

        Raises the TermsInvalid subclass of the first broken rule, TokenInvalid, NoSuchContract, SignatureForeign,
        CollateralUnknown, AllowanceShort and FundsShort (of the debtor's collateral), and what sending raises.
        """
        plan = self.plan_id(terms)
        key = self._going(plan, "open")
        if self._known(key):
            return self._finish(key)
        validate(terms, now=self._chain.head().timestamp, book=self.book.address)
        self.token(terms.token)
        signed = (debtor_signature, creditor_signature)
        opening = self.book.encode("open", as_tuple(terms), *signed)
        by = self._sending().address if terms.collateral == ZERO_ADDRESS else terms.collateral
        try:
            self._chain.call(self.book.address, opening, sender=by)
        except TransactionReverted as exc:
            raise _foreign_signature(terms, exc) from exc
        if terms.collateral == ZERO_ADDRESS:
            return self._send(key, self.book, "open", as_tuple(terms), *signed)
        if collateral is None:
            raise CollateralUnknown(plan_id=plan, reason="its collateral terms are not given")
        validate_collateral(collateral, terms)
        module = self._named(terms)
        self.token(collateral.token)
        pledged = Token(self._chain, collateral.token)
        pledged.require_funds(terms.debtor, collateral.amount)
        allowed = pledged.allowance(terms.debtor, module.address)
        if allowed < collateral.amount:
            raise AllowanceShort(owner=terms.debtor, allowed=allowed, token=collateral.token, needed=collateral.amount)
        return self._send(key, module, "openWith", as_tuple(terms), as_tuple(collateral), *signed)

    # --- money ---

    def pay(self, terms: Terms, amount: int, nonce: str) -> Sent:
        """Pay from the sender's account; more than what is owed in total is never taken.

        amount  > 0, or ALL
        nonce   names this payment: the same nonce never pays twice; after a failure for good it may be tried again

        Raises PlanUnknown, NothingOwed, AmountZero, TokenInvalid, FundsShort, and what sending raises.
        """
        plan = self.plan_id(terms)
        key = self._going(plan, "pay", nonce)
        if self._known(key):
            return self._finish(key)
        sender = self._sending()
        account, now = self.account(plan), self._chain.head().timestamp
        apply_pay(terms, account, at=now, amount=amount, payer=sender.address)
        most = min(amount, owed_total(terms, account, now + CHARGES_AHEAD_SECONDS))
        token = Token(self._chain, terms.token)
        token.require_funds(sender.address, min(amount, owed_total(terms, account, now)))
        token.allow(sender, self.book.address, most, key=key, timeout=self._wait, between=self._between)
        return self._send(key, self.book, "pay", as_tuple(terms), most)

    def withdraw(self, terms: Terms, nonce: str, *, amount: int = ALL, to: str | None = None) -> Sent:
        """The creditor takes money out.

        to  None: to the creditor's own address

        Raises PlanUnknown, NotCreditor, NothingToWithdraw, AmountZero, WithdrawTooLarge, and what sending raises.
        """
        plan = self.plan_id(terms)
        key = self._going(plan, "withdraw", nonce)
        if self._known(key):
            return self._finish(key)
        caller = self._sending().address
        apply_withdraw(terms, self.account(plan), amount=amount, caller=caller, to=to or caller)
        return self._send(key, self.book, "withdraw", as_tuple(terms), to or caller, amount)

    def release(
        self, terms: Terms, collateral: CollateralTerms, nonce: str, *, amount: int = ALL, to: str | None = None
    ) -> Sent:
        """The debtor takes collateral out, in proportion to the debt paid.

        Raises NotSender, CollateralUnknown, and what sending raises (TransactionReverted names the module's rule).
        """
        plan = self.plan_id(terms)
        caller = self._by(terms.debtor, "debtor").address
        arguments = (as_tuple(terms), as_tuple(collateral), to or caller, amount)
        key = self._going(plan, "release", nonce)
        return self._send(key, self._named(terms), "release", *arguments)

    # --- what anybody may do ---

    def poke(self, terms: Terms, key: str) -> TxRecord:
        """Have the book write down what is already true; returns when it is stored and sent, not when it is mined."""
        return self._sending().call_contract(key, self.book, "poke", as_tuple(terms))

    def poke_many(self, plans: Sequence[Terms], key: str) -> Sent:
        """Poke several plans in one transaction; unknown ones are skipped by the book."""
        return self._send(going(self._sending(), key), self.book, "pokeMany", [as_tuple(terms) for terms in plans])

    def start_auction(self, terms: Terms, collateral: CollateralTerms, key: str) -> TxRecord:
        """Start the auction of a plan in default; returns when it is stored and sent, not when it is mined."""
        module = self._named(terms)
        return self._sending().call_contract(key, module, "startAuction", as_tuple(terms), as_tuple(collateral))

    def buy(
        self,
        terms: Terms,
        collateral: CollateralTerms,
        nonce: str,
        *,
        max_price: int,
        min_quantity: int | None = None,
        to: str | None = None,
    ) -> Sent:
        """Buy the lot of a running auction from the sender's account.

        max_price     most that is paid; the price falls with every second
        min_quantity  least that is bought; None: the lot as it is now, so a payment just ahead cannot shrink it
        Raises AmountZero, CollateralUnknown, FundsShort, and what sending raises.
        """
        plan = self.plan_id(terms)
        key = self._going(plan, "buy", nonce)
        if self._known(key):
            return self._finish(key)
        if max_price <= 0:
            raise AmountZero()
        sender, module = self._sending(), self._named(terms)
        price = self.price(terms, collateral, self._chain.head().timestamp)
        least = self.lot(terms, collateral) if min_quantity is None else min_quantity
        token = Token(self._chain, terms.token)
        token.require_funds(sender.address, min(price, max_price))
        most = min(max_price, price)
        token.allow(sender, module.address, most, key=key, timeout=self._wait, between=self._between)
        bounds = (most, least, to or sender.address)
        return self._send(key, module, "buy", as_tuple(terms), as_tuple(collateral), *bounds)

    def withdraw_surplus(self, terms: Terms, nonce: str, *, to: str | None = None) -> Sent:
        """The debtor takes out what a sale brought beyond the debt.  Raises NotSender and what sending raises."""
        caller = self._by(terms.debtor, "debtor").address
        key = self._going(self.plan_id(terms), "surplus", nonce)
        return self._send(key, self._named(terms), "withdrawSurplus", as_tuple(terms), to or caller)

    # --- shared ---

    def _sending(self) -> Sender:
        if self._sender is None:
            raise NotSender(role="sender", address="nobody", needed="a key")
        return self._sender

    def _by(self, party: str, role: str) -> Sender:
        sender = self._sending()
        if sender.address != party:
            raise NotSender(role=role, address=sender.address, needed=party)
        return sender

    def _module(self, plan: str) -> Contract:
        if self.collateral is None:
            raise CollateralUnknown(plan_id=plan, reason="no collateral module is deployed here")
        return self.collateral

    def _named(self, terms: Terms) -> Contract:
        """Return the module that the terms name.  Raises CollateralUnknown when that is not ours."""
        module = self._module(self.plan_id(terms))
        if terms.collateral != module.address:
            raise CollateralUnknown(
                plan_id=self.plan_id(terms),
                reason=f"its terms name the module {terms.collateral}, this workspace uses {module.address}",
            )
        return module

    def _going(self, plan: str, step: str, nonce: str | None = None) -> str:
        """Return the name under which a step goes on.  Raises KeyConflict when it is another account's."""
        key = f"plan:{plan}:{step}" if nonce is None else f"plan:{plan}:{step}:{spelled(nonce)}"
        return going(self._sending(), key)

    def _known(self, key: str) -> bool:
        return self._sending().own(key) is not None

    def _send(self, key: str, contract: Contract, function: str, *args: object) -> Sent:
        self._sending().call_contract(key, contract, function, *args)
        return self._finish(key)

    def _finish(self, key: str) -> Sent:
        record = self._sending().wait(key, self._wait, between=self._between)
        receipt = self._chain.receipt(record.tx_hash)
        contracts = [self.book] if self.collateral is None else [self.book, self.collateral]
        logs = () if receipt is None else receipt.logs
        found = (event for log in logs for one in contracts if (event := one.decode_log(log)) is not None)
        return Sent(record, tuple(found))

    def _call(self, contract: Contract, function: str, *args: object, at: int | str = "latest") -> tuple[object, ...]:
        output = self._chain.call(contract.address, contract.encode(function, *args), at=at)
        return contract.decode_output(function, output)


def _foreign_signature(terms: Terms, exc: TransactionReverted) -> SettlementError | TransactionReverted:
    """Return what a refused opening means: whose signature is wrong, or the refusal itself."""
    if exc.name != "RepaymentBook_BadSignature" or len(exc.arguments) != 2:
        return exc
    signer = str(exc.arguments[1])
    return SignatureForeign(role="debtor" if signer == terms.debtor else "creditor", address=signer)

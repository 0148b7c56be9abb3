"""The escrow book through a chain connection; like `settlement.book`, each step is asked of the pure mirror first."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from onchain.contract import Contract
from onchain.errors import TransactionReverted
from settlement.book import WAIT_SECONDS, Sent
from settlement.eip712 import as_tuple
from settlement.escrow import (
    Escrow,
    EscrowState,
    apply_fund,
    apply_open,
    apply_reclaim,
    apply_refund,
    apply_release,
    apply_withdraw,
)
from settlement.service_errors import NotSender, SignatureForeign
from settlement.terms import EscrowTerms, escrow_domain, escrow_id
from settlement.token import Token, TokenInfo
from settlement.tries import going

if TYPE_CHECKING:
    from onchain.connect import Chain
    from onchain.send import Sender


class EscrowBook:
    """An EscrowBook at an address of a chain.

    sender   None: only looking
    between  called while waiting for blocks; on an idle dev chain it mines
    """

    def __init__(
        self,
        chain: Chain,
        book: str,
        *,
        sender: Sender | None = None,
        wait_seconds: float = WAIT_SECONDS,
        between: Callable[[], object] | None = None,
    ) -> None:
        self._chain, self._sender, self._wait, self._between = chain, sender, wait_seconds, between
        self.book = Contract("EscrowBook", book)

    def escrow_id(self, terms: EscrowTerms) -> str:
        """Return an escrow's id here, 0x hex."""
        return "0x" + escrow_id(terms, escrow_domain(self._chain.chain_id, self.book.address)).hex()

    def token(self, address: str) -> TokenInfo:
        """Ask a token what it is.  Raises NoSuchContract, TokenInvalid, NodeError."""
        return Token(self._chain, address).info()

    def escrow(self, escrow: str, at: int | str = "latest") -> Escrow:
        """Return what the book stores of an escrow.

        at  block number or tag
        """
        call = self.book.encode("escrowOf", bytes.fromhex(escrow[2:]))
        state, withdrawn = self.book.decode_output("escrowOf", self._chain.call(self.book.address, call, at=at))
        return Escrow(EscrowState(cast(int, state)), bool(withdrawn))

    def open(self, terms: EscrowTerms, payer_signature: bytes, payee_signature: bytes) -> Sent:
        """Open an escrow that both parties signed; anybody may send it.

        Raises the TermsInvalid subclass of the first broken rule, TokenInvalid, NoSuchContract, SignatureForeign, and
        what sending raises.
        """
        key = self._key(terms, "open")
        if not self._known(key):
            apply_open(terms, at=self._now(), book=self.book.address)
            self.token(terms.token)
            call = self.book.encode("open", as_tuple(terms), payer_signature, payee_signature)
            try:
                self._chain.call(self.book.address, call, sender=self._sending().address)
            except TransactionReverted as exc:
                if exc.name != "EscrowBook_BadSignature" or len(exc.arguments) != 2:
                    raise
                signer = str(exc.arguments[1])
                role = "payer" if signer == terms.payer else "payee"
                raise SignatureForeign(role=role, address=signer) from exc
        return self._send(key, "open", as_tuple(terms), payer_signature, payee_signature)

    def fund(self, terms: EscrowTerms) -> Sent:
        """Pay exactly the amount from the sender's account; an escrow is funded once.

        Raises EscrowUnknown, EscrowStateWrong, EscrowFundingClosed, FundsShort, and what sending raises.
        """
        key = self._key(terms, f"fund:{self._sending().address}")
        if not self._known(key):
            apply_fund(terms, self._escrow(terms), at=self._now())
            token = Token(self._chain, terms.token)
            token.require_funds(self._sending().address, terms.amount)
            token.allow(
                self._sending(),
                self.book.address,
                terms.amount,
                key=key,
                timeout=self._wait,
                between=self._between,
            )
        return self._send(key, "fund", as_tuple(terms))

    def release(self, terms: EscrowTerms) -> Sent:
        """The payer gives the sum to the payee.

        Raises EscrowUnknown, EscrowStateWrong, EscrowNotParty, EscrowReleaseClosed, and what sending raises.
        """
        key = self._key(terms, "release")
        if not self._known(key):
            apply_release(terms, self._escrow(terms), at=self._now(), caller=self._sending().address)
        return self._send(key, "release", as_tuple(terms))

    def refund(self, terms: EscrowTerms) -> Sent:
        """The payee gives the sum back.

        Raises EscrowUnknown, EscrowStateWrong, EscrowNotParty, and what sending raises.
        """
        key = self._key(terms, "refund")
        if not self._known(key):
            apply_refund(terms, self._escrow(terms), caller=self._sending().address)
        return self._send(key, "refund", as_tuple(terms))

    def reclaim(self, terms: EscrowTerms) -> Sent:
        """After expiry, anybody has the sum go back to the payer.

        Raises EscrowUnknown, EscrowStateWrong, EscrowReclaimEarly, and what sending raises.
        """
        key = self._key(terms, f"reclaim:{self._sending().address}")
        if not self._known(key):
            apply_reclaim(terms, self._escrow(terms), at=self._now())
        return self._send(key, "reclaim", as_tuple(terms))

    def withdraw(self, terms: EscrowTerms, *, to: str | None = None) -> Sent:
        """Whose the sum is takes it out, once.

        to  None: to the sender's own address

        Raises EscrowUnknown, EscrowStateWrong, EscrowNotParty, EscrowAlreadyWithdrawn, and what sending raises.
        """
        key = self._key(terms, "withdraw")
        caller = self._sending().address
        if not self._known(key):
            apply_withdraw(terms, self._escrow(terms), caller=caller)
        return self._send(key, "withdraw", as_tuple(terms), to or caller)

    def _key(self, terms: EscrowTerms, step: str) -> str:
        """Return the name under which a step goes on.  Raises KeyConflict when it is another account's."""
        return going(self._sending(), f"escrow:{self.escrow_id(terms)}:{step}")

    def _now(self) -> int:
        return self._chain.head().timestamp

    def _escrow(self, terms: EscrowTerms) -> Escrow:
        return self.escrow(self.escrow_id(terms))

    def _sending(self) -> Sender:
        if self._sender is None:
            raise NotSender(role="sender", address="nobody", needed="a key")
        return self._sender

    def _known(self, key: str) -> bool:
        return self._sending().own(key) is not None

    def _send(self, key: str, function: str, *args: object) -> Sent:
        sender = self._sending()
        if not self._known(key):
            sender.call_contract(key, self.book, function, *args)
        record = sender.wait(key, self._wait, between=self._between)
        receipt = self._chain.receipt(record.tx_hash)
        logs = () if receipt is None else receipt.logs
        return Sent(record, tuple(event for log in logs if (event := self.book.decode_log(log)) is not None))

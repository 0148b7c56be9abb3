"""Check a dossier, offline; what nodes can add comes in as answers. Opens no file, socket or clock.

1  The contracts' interfaces are those that come with this program, at the addresses that the terms name.
2  The terms keep every rule of the contract (settlement/rules.py); collateral terms and openings lead to them.
3  Both signatures are the parties' own over the plan's id, an EIP-712 digest that binds chain, contract and every
   term. A contract wallet's signature only its chain can check: an opening that is proven (4 to 6) shows that the
   book accepted it, if the book is one that the verifier knows: pinned by their trust, or its code asked for (7).
4  Each event: header, trie path and receipt fit each other (notary/evm/evm_proof.py).
5  Each event is the plan's own, by its contracts, in the chain's order; together they lead to the account, and each
   number that one states is computed again (settlement/history.py).
6  Each block is the chain's, as the verifier's own side says (notary/verdicts/trust.py); so is the last one, whose
   time says as of when the file speaks.
7  Only where nodes were asked: the book's account today is the one that follows, and its code is the one known.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final

from notary.errors import EvmProofInvalid
from notary.evm import rlp
from notary.evm.evm_proof import Header, TxReceipt, parse_header, parse_receipt
from notary.evm.trie_proof import prove_value
from notary.verdicts.reasons import Said, refused, said
from notary.verdicts.trust import DEV_CHAIN_IDS, Trust
from notary.verdicts.verdict import Reason, Status
from onchain.abi import checksum_address
from onchain.artifacts import load
from onchain.contract import Contract
from onchain.decode import Event as ChainEvent
from onchain.decode import Log
from onchain.errors import AbiError
from portal.dossier.file import ContractRef, Dossier
from portal.dossier.verdict import Payment, PlanCheck, PlanVerdict
from portal.dossier.words import PlanReason, PlanText
from settlement.errors import SettlementError
from settlement.events import Paid, of_book
from settlement.history import fold
from settlement.plan import Account, view_at
from settlement.plan import Status as PlanStatus
from settlement.rules import validate, validate_collateral
from settlement.terms import Terms, plan_id

BOOK: Final = "RepaymentBook"
COLLATERAL: Final = "Collateral"
SIGNATURE_BYTES: Final = 65  # of a key; a contract wallet's may have any length, this one, too
HALF_ORDER: Final = (
    0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0  # secp256k1; OpenZeppelin asks for s below it
)

PASSED, FAILED, INDETERMINATE = Status.PASSED, Status.FAILED, Status.INDETERMINATE

Today = Callable[[Dossier, Account], PlanCheck]
"""Check 7, by whoever can ask nodes (portal/dossier/ask.py)."""


def check_dossier(dossier: Dossier, trust: Trust, today: Today | None = None) -> PlanVerdict:
    """The verdict on a dossier.

    trust  the blocks that the verifier knows
    today  asks the book; None: nobody is asked

    Raises nothing: whatever is wrong is in the verdict.
    """
    return _Checking(dossier, trust, today).run()


@dataclass(frozen=True, slots=True)
class _Happened:
    """An event with the header of its block and where its transaction is there."""

    event: ChainEvent
    header: Header
    index: int
    tx: bytes


class _Open(Exception):
    """A check that did not pass; private, turned into a PlanCheck."""

    def __init__(self, reason: PlanReason, what: Said, status: Status = FAILED) -> None:
        super().__init__(reason)
        self.reason, self.said, self.status = reason, what, status


class _Checking:
    """One dossier's checks, in order; each leaves behind what later ones need.

    pinned  the verifier's trust names the book on the chain of every block
    """

    def __init__(self, dossier: Dossier, trust: Trust, today: Today | None) -> None:
        assert isinstance(dossier.paper.terms, Terms)  # Dossier.from_bytes takes no other
        self.dossier, self.trust, self.today = dossier, trust, today
        self.paper, self.terms = dossier.paper, dossier.paper.terms
        self.headers: list[Header] = []
        self.receipts: list[TxReceipt] = []
        self.account: Account | None = None
        self.payments: tuple[Payment, ...] = ()
        self.pinned = False

    def run(self) -> PlanVerdict:
        checks = [
            self._make(number, check)
            for number, check in enumerate(
                (self._contracts, self._terms, self._signatures, self._proofs, self._history, self._blocks), 1
            )
        ]
        if self.today is not None:
            account = self.account
            checks.append(
                self.today(self.dossier, account)
                if account is not None
                else PlanCheck(7, INDETERMINATE, said(PlanText.NO_ACCOUNT), PlanReason.NOT_OPENED)
            )
        known = self.pinned or (len(checks) == 7 and checks[6].status is PASSED)
        proven = all(check.status is PASSED for check in checks[3:6])
        if checks[2].reason is PlanReason.WALLET_UNASKED and known and proven:
            checks[2] = PlanCheck(3, PASSED, said(PlanText.NO_KEY_ACCEPTED, said=checks[2].said))
        as_of = self.headers[-1] if self.account is not None else None
        return PlanVerdict(
            plan_id=self.paper.id,
            name=self.paper.name,
            symbol=self.paper.symbol,
            decimals=self.paper.decimals,
            as_of=None if as_of is None else (as_of.number, as_of.timestamp),
            checks=tuple(checks),
            view=None if self.account is None or as_of is None else view_at(self.terms, self.account, as_of.timestamp),
            payments=self.payments,
            opened_at=0 if self.account is None else self.account.opened_at,
        )

    def _make(self, number: int, check: Callable[[], Said]) -> PlanCheck:
        try:
            what = check()
            return PlanCheck(number, PASSED, what, PlanReason.DEV_CHAIN if number == 6 and self._is_dev() else None)
        except _Open as exc:
            return PlanCheck(number, exc.status, exc.said, exc.reason)

    def _contracts(self) -> Said:
        expected = [(BOOK, self.paper.book)]
        if self.terms.has_collateral:
            expected.append((COLLATERAL, self.terms.collateral))
        found = [(one.name, checksum_address(one.address)) for one in self.dossier.contracts]
        if found != expected or self.dossier.chain_id != self.paper.chain_id:
            names = {"found": _listed(found), "expected": _listed(expected)}
            what = said(
                PlanText.CONTRACTS_OTHER, chain=self.dossier.chain_id, signed_chain=self.paper.chain_id, **names
            )
            raise _Open(PlanReason.ADDRESS_DIFFERS, what)
        for one in self.dossier.contracts:
            if not _same_abi(one):
                raise _Open(PlanReason.ABI_DIFFERS, said(PlanText.INTERFACE_OTHER, name=one.name), INDETERMINATE)
        return said(PlanText.CONTRACTS, contracts=_listed(expected), chain=self.paper.chain_id)

    def _terms(self) -> Said:
        """Paper.from_bytes has held openings and collateral terms against the terms; what is left are the rules."""
        terms = self.terms
        try:
            validate(terms, now=min(terms.sign_by, terms.first_due_at), book=self.paper.book)
            if self.paper.collateral_terms is not None:
                validate_collateral(self.paper.collateral_terms, terms)
        except SettlementError as exc:
            raise _Open(PlanReason.TERMS_INVALID, refused(exc, PlanReason.TERMS_INVALID)) from exc
        opened = (PlanText.AGREEMENT, self.paper.agreement), (PlanText.JURISDICTION, self.paper.jurisdiction)
        shown = tuple(said(text) for text, one in opened if one is not None)
        return said(PlanText.OPENED_FOR, what=shown) if shown else said(PlanText.OPENED_NONE)

    def _signatures(self) -> Said:
        digest, opened = plan_id(self.terms, self.paper.domain), bool(self.dossier.events)
        roles = PlanText.DEBTOR, PlanText.CREDITOR
        parties = tuple(said(role, address=one) for role, one in zip(roles, self.paper.parties, strict=True))
        wallets = []
        for who, address, signature in zip(parties, self.paper.parties, self.paper.signatures, strict=True):
            if signature is None:
                raise _Open(PlanReason.SIGNATURE_MISSING, said(PlanText.UNSIGNED, party=who), INDETERMINATE)
            if signer_of(digest, signature) != address:
                wallets.append(who)
                if len(signature) == SIGNATURE_BYTES and not opened:
                    raise _Open(PlanReason.SIGNATURE_INVALID, said(PlanText.NOT_BY_KEY, party=who))
        if wallets:
            raise _Open(PlanReason.WALLET_UNASKED, said(PlanText.NO_KEY, parties=tuple(wallets)), INDETERMINATE)
        return said(PlanText.SIGNED, parties=parties, plan=self.paper.id)

    def _proofs(self) -> Said:
        dossier = self.dossier
        try:
            self.headers = [parse_header(raw) for raw in dossier.headers]
            for one in dossier.receipts:
                header = self.headers[one.block]
                where = {"index": one.index, "block": header.number}
                if prove_value(header.receipts_root, rlp.encode_int(one.index), one.path) != one.receipt:
                    raise _Open(PlanReason.PROOF_INVALID, said(PlanText.RECEIPT_ELSEWHERE, **where))
                receipt = parse_receipt(one.receipt)
                if not receipt.succeeded:
                    raise _Open(PlanReason.PROOF_INVALID, said(PlanText.TRANSACTION_FAILED, **where))
                self.receipts.append(receipt)
        except EvmProofInvalid as exc:
            raise _Open(PlanReason.PROOF_INVALID, refused(exc, PlanReason.PROOF_INVALID)) from exc
        if not dossier.events:
            raise _Open(PlanReason.NOT_OPENED, said(PlanText.NO_EVENT), INDETERMINATE)
        return said(PlanText.PROVEN, events=len(dossier.events), blocks=len(self.headers))

    def _history(self) -> Said:
        if not self.dossier.events:
            raise _Open(PlanReason.NOT_OPENED, said(PlanText.NO_EVENT), INDETERMINATE)
        if len(self.receipts) < len(self.dossier.receipts):
            raise _Open(PlanReason.PROOF_INVALID, said(PlanText.EVENTS_UNPROVEN), INDETERMINATE)
        told = [
            (one, known)
            for one in self._events()
            if one.event.address == self.paper.book and (known := of_book(one.event.name, one.event.args)) is not None
        ]
        try:
            account = fold(self.terms, ((one.header.timestamp, known) for one, known in told))
        except SettlementError as exc:
            what = refused(exc, PlanReason.HISTORY_INCONSISTENT)
            raise _Open(PlanReason.HISTORY_INCONSISTENT, what) from exc
        if account.status is PlanStatus.NONE:
            raise _Open(PlanReason.NOT_OPENED, said(PlanText.NO_OPENING), INDETERMINATE)
        self.account = account
        self.payments = tuple(
            Payment(known, one.header.timestamp, one.header.number, one.index, one.tx)
            for one, known in told
            if isinstance(known, Paid)
        )
        return said(PlanText.FOLLOWS, payments=len(self.payments), units=account.collected)

    def _events(self) -> list[_Happened]:
        for one, following in pairwise(self.headers):
            if one.number >= following.number or one.timestamp > following.timestamp:
                what = said(PlanText.BLOCK_BEHIND, block=following.number, other=one.number)
                raise _Open(PlanReason.HISTORY_INCONSISTENT, what)
        found: list[_Happened] = []
        last = (-1, -1, -1)
        for place, log in self.dossier.events:
            ref, receipt = self.dossier.receipts[place], self.receipts[place]
            header = self.headers[ref.block]
            here, where = (header.number, ref.index, log), {"log": log, "block": header.number}
            if here <= last:
                raise _Open(PlanReason.HISTORY_INCONSISTENT, said(PlanText.EVENT_ORDER, **where))
            if log >= len(receipt.logs):
                raise _Open(PlanReason.PROOF_INVALID, said(PlanText.EVENT_MISSING, **where))
            raw, last = receipt.logs[log], here
            event = self._decoded(
                Log(checksum_address(raw.address), raw.topics, raw.data, *here[:1], header.hash, ref.tx, log)
            )
            if event is None or event.args.get("planId") != bytes.fromhex(self.paper.id[2:]):
                raise _Open(PlanReason.EVENT_FOREIGN, said(PlanText.EVENT_OTHER, **where))
            found.append(_Happened(event, header, ref.index, ref.tx))
        return found

    def _decoded(self, log: Log) -> ChainEvent | None:
        try:
            return next((event for one in self._known if (event := one.decode_log(log)) is not None), None)
        except AbiError:
            return None

    @cached_property
    def _known(self) -> tuple[Contract, ...]:
        book = Contract(BOOK, self.paper.book)
        return (book, Contract(COLLATERAL, self.terms.collateral)) if self.terms.has_collateral else (book,)

    def _blocks(self) -> Said:
        dossier, book = self.dossier, bytes.fromhex(self.paper.book[2:])
        if len(self.headers) < len(dossier.headers):
            raise _Open(PlanReason.PROOF_INVALID, said(PlanText.HEADER_UNREADABLE), INDETERMINATE)
        pinned = True
        for header in self.headers:
            judged = self.trust.judge(dossier.chain_id, dossier.genesis, book, header.number, header.hash)
            if judged.status is FAILED:
                raise _Open(PlanReason.BLOCK_DIFFERS, judged.said)
            # That the contract is pinned is asked for evidence; here the parties' keys signed for it.
            if judged.status is INDETERMINATE and judged.reason is not Reason.CONTRACT_UNTRUSTED:
                raise _Open(PlanReason.BLOCK_UNCONFIRMED, judged.said, INDETERMINATE)
            pinned = pinned and judged.status is PASSED and judged.pinned
        self.pinned = pinned
        return said(PlanText.BLOCKS_DEV if self._is_dev() else PlanText.BLOCKS, count=len(self.headers))

    def _is_dev(self) -> bool:
        """Whether whoever has the chain makes its blocks as they like; judgements need not say so."""
        chain_id = self.dossier.chain_id
        return chain_id in DEV_CHAIN_IDS or any(one.dev for one in self.trust.chains if one.chain_id == chain_id)


def signer_of(digest: bytes, signature: bytes) -> str | None:
    """The address whose key signed a digest of 32 bytes, as OpenZeppelin's ECDSA recovers it; None: no key did.

    signature  65 bytes: r, s (in the lower half), v 27 or 28
    """
    from eth_keys.datatypes import Signature
    from eth_keys.exceptions import BadSignature
    from eth_utils.exceptions import ValidationError

    if len(signature) != SIGNATURE_BYTES or signature[64] not in (27, 28):
        return None
    if int.from_bytes(signature[32:64], "big") > HALF_ORDER:
        return None
    try:
        made = Signature(signature[:64] + bytes([signature[64] - 27]))
        return checksum_address(made.recover_public_key_from_msg_hash(digest).to_canonical_address())
    except (BadSignature, ValidationError):
        return None


def _same_abi(one: ContractRef) -> bool:
    try:
        return bool(json.loads(one.abi) == list(load(one.name).abi))
    except (ValueError, RecursionError):
        return False


def _listed(contracts: Sequence[tuple[str, str]]) -> Said | tuple[Said, ...]:
    listed = tuple(said(PlanText.CONTRACT, name=name, address=address) for name, address in contracts)
    return listed or said(PlanText.CONTRACTS_NONE)

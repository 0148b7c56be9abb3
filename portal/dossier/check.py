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
from notary.verdicts.trust import DEV_CHAIN_IDS, Trust
from notary.verdicts.verdict import Reason, Status
from onchain.abi import checksum_address
from onchain.artifacts import load
from onchain.contract import Contract
from onchain.decode import Event as ChainEvent
from onchain.decode import Log
from onchain.errors import AbiError
from portal.dossier.file import ContractRef, Dossier
from portal.dossier.verdict import PlanCheck, PlanReason, PlanVerdict
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
    """An event with the header of its block and its place there."""

    event: ChainEvent
    header: Header


class _Open(Exception):
    """A check that did not pass; private, turned into a PlanCheck."""

    def __init__(self, reason: PlanReason, detail: str, status: Status = FAILED) -> None:
        super().__init__(detail)
        self.reason, self.status = reason, status


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
        self.payments = 0
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
                else PlanCheck(7, INDETERMINATE, "there is no account to compare with", PlanReason.NOT_OPENED)
            )
        known = self.pinned or (len(checks) == 7 and checks[6].status is PASSED)
        proven = all(check.status is PASSED for check in checks[3:6])
        if checks[2].reason is PlanReason.WALLET_UNASKED and known and proven:
            detail = f"{checks[2].detail}; the book accepted it when it opened the plan"
            checks[2] = PlanCheck(3, PASSED, detail)
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
        )

    def _make(self, number: int, check: Callable[[], str]) -> PlanCheck:
        try:
            detail = check()
            return PlanCheck(number, PASSED, detail, PlanReason.DEV_CHAIN if number == 6 and self._is_dev() else None)
        except _Open as exc:
            return PlanCheck(number, exc.status, str(exc), exc.reason)

    def _contracts(self) -> str:
        expected = [(BOOK, self.paper.book)]
        if self.terms.has_collateral:
            expected.append((COLLATERAL, self.terms.collateral))
        found = [(one.name, checksum_address(one.address)) for one in self.dossier.contracts]
        if found != expected or self.dossier.chain_id != self.paper.chain_id:
            raise _Open(PlanReason.ADDRESS_DIFFERS, f"the file names {_listed(found)}, the terms {_listed(expected)}")
        for one in self.dossier.contracts:
            if not _same_abi(one):
                raise _Open(PlanReason.ABI_DIFFERS, f"the interface of {one.name}", INDETERMINATE)
        return f"{_listed(expected)} on chain {self.paper.chain_id}"

    def _terms(self) -> str:
        """Paper.from_bytes has held openings and collateral terms against the terms; what is left are the rules."""
        terms = self.terms
        try:
            validate(terms, now=min(terms.sign_by, terms.first_due_at), book=self.paper.book)
            if self.paper.collateral_terms is not None:
                validate_collateral(self.paper.collateral_terms, terms)
        except SettlementError as exc:
            raise _Open(PlanReason.TERMS_INVALID, str(exc)) from exc
        shown = [
            what
            for what, one in (("agreement", self.paper.agreement), ("jurisdiction", self.paper.jurisdiction))
            if one
        ]
        return f"the commitments are opened for: {', '.join(shown) or 'nothing'}"

    def _signatures(self) -> str:
        digest = plan_id(self.terms, self.paper.domain)
        wallets = []
        for role, party, signature in zip(self.paper.roles, self.paper.parties, self.paper.signatures, strict=True):
            if signature is None:
                raise _Open(PlanReason.SIGNATURE_MISSING, f"the {role} {party} has not signed", INDETERMINATE)
            if signer_of(digest, signature) != party:
                wallets.append(f"the {role} {party}")
                if len(signature) == SIGNATURE_BYTES and not self._has_opening():
                    raise _Open(PlanReason.SIGNATURE_INVALID, f"the {role} {party} did not sign these terms by a key")
        if wallets:
            raise _Open(PlanReason.WALLET_UNASKED, f"{' and '.join(wallets)}: no key's signature", INDETERMINATE)
        return f"the {self.paper.roles[0]} and the {self.paper.roles[1]} signed {self.paper.id}"

    def _has_opening(self) -> bool:
        return bool(self.dossier.events)

    def _proofs(self) -> str:
        dossier = self.dossier
        try:
            self.headers = [parse_header(raw) for raw in dossier.headers]
            for one in dossier.receipts:
                root = self.headers[one.block].receipts_root
                if prove_value(root, rlp.encode_int(one.index), one.path) != one.receipt:
                    raise _Open(
                        PlanReason.PROOF_INVALID, f"receipt {one.index} of block {self.headers[one.block].number}"
                    )
                self.receipts.append(parse_receipt(one.receipt))
        except EvmProofInvalid as exc:
            raise _Open(PlanReason.PROOF_INVALID, str(exc)) from exc
        for place, receipt in enumerate(self.receipts):
            if not receipt.succeeded:
                raise _Open(PlanReason.PROOF_INVALID, f"the transaction of receipt {place} failed")
        if not dossier.events:
            raise _Open(PlanReason.NOT_OPENED, "there is no event in the file", INDETERMINATE)
        return f"{len(dossier.events)} events in {len(self.headers)} blocks"

    def _history(self) -> str:
        if not self.dossier.events:
            raise _Open(PlanReason.NOT_OPENED, "there is no event in the file", INDETERMINATE)
        if len(self.receipts) < len(self.dossier.receipts):
            raise _Open(PlanReason.PROOF_INVALID, "the events are not proven", INDETERMINATE)
        happened = self._events()
        told = [
            (one.header.timestamp, known)
            for one in happened
            if one.event.address == self.paper.book and (known := of_book(one.event.name, one.event.args)) is not None
        ]
        try:
            account = fold(self.terms, told)
        except SettlementError as exc:
            raise _Open(PlanReason.HISTORY_INCONSISTENT, str(exc)) from exc
        if account.status is PlanStatus.NONE:
            raise _Open(PlanReason.NOT_OPENED, "no event opens the plan", INDETERMINATE)
        self.account = account
        self.payments = sum(isinstance(event, Paid) for _, event in told)
        return f"{self.payments} payments, {account.collected} units in all"

    def _events(self) -> list[_Happened]:
        for one, following in pairwise(self.headers):
            if one.number >= following.number or one.timestamp > following.timestamp:
                raise _Open(PlanReason.HISTORY_INCONSISTENT, f"block {following.number} stands behind {one.number}")
        found: list[_Happened] = []
        last = (-1, -1, -1)
        for place, log in self.dossier.events:
            ref, receipt = self.dossier.receipts[place], self.receipts[place]
            header = self.headers[ref.block]
            here = (header.number, ref.index, log)
            if here <= last:
                raise _Open(PlanReason.HISTORY_INCONSISTENT, f"event {log} of block {header.number} is out of order")
            if log >= len(receipt.logs):
                raise _Open(PlanReason.PROOF_INVALID, f"block {header.number}: the receipt has no event {log}")
            raw, last = receipt.logs[log], here
            event = self._decoded(
                Log(checksum_address(raw.address), raw.topics, raw.data, *here[:1], header.hash, ref.tx, log)
            )
            if event is None or event.args.get("planId") != bytes.fromhex(self.paper.id[2:]):
                raise _Open(PlanReason.EVENT_FOREIGN, f"event {log} of block {header.number} is not of this plan")
            found.append(_Happened(event, header))
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

    def _blocks(self) -> str:
        dossier, book = self.dossier, bytes.fromhex(self.paper.book[2:])
        if len(self.headers) < len(dossier.headers):
            raise _Open(PlanReason.PROOF_INVALID, "a block's header cannot be read", INDETERMINATE)
        pinned = True
        for header in self.headers:
            said = self.trust.judge(dossier.chain_id, dossier.genesis, book, header.number, header.hash)
            if said.status is FAILED:
                raise _Open(PlanReason.BLOCK_DIFFERS, said.detail)
            # That the contract is pinned is asked for evidence; here the parties' keys signed for it.
            if said.status is INDETERMINATE and said.reason is not Reason.CONTRACT_UNTRUSTED:
                raise _Open(PlanReason.BLOCK_UNCONFIRMED, said.detail, INDETERMINATE)
            pinned = pinned and said.status is PASSED and said.pinned
        self.pinned = pinned
        return f"{len(self.headers)} blocks" + (" of a development chain" if self._is_dev() else "")

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


def _listed(contracts: Sequence[tuple[str, str]]) -> str:
    return ", ".join(f"{name} {address}" for name, address in contracts) or "none"

"""Validate an evidence record (RFC 4998, section 5.3), offline: eight numbered checks. Opens no file, socket or clock.

    1  The record parses, is about plain documents, and lists every hash that it uses.
    2  Each document is an object of the record: its hash is in the first list of the first archive time-stamp.
    3  Each hash tree leads to what its token stamps, under the hash that the chain uses.
    4  Each renewal covers what came before it: a time-stamp renewal the token before, a hash-tree renewal the document
       and all chains before. The times do not go back, and a chain keeps its hash.
    5  Each token's own proof holds: it is signed by the certificate that it names (notary/timestamps/tsp.py).
    6  Each token's authority is one that the verifier trusts, and was valid when the token was made and still when the
       next one was; the last one at the time of the validation. The first tokens may have expired long ago by then.
    7  Each algorithm was good until it was renewed, by the verifier's policy (notary/records/algorithms.py): a token's
       until the next token, the hash of a chain until the next chain; the last ones at the time of the validation.
    8  The time: the documents existed when the first token was made.

FAILED if any check failed. PASSED if 1 to 7 passed. INDETERMINATE otherwise, with the first reason. Too late a renewal
and a revoked authority make nothing false, but nothing proves it any more: that is INDETERMINATE, too, as in receipts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from notary.errors import EvidenceRecordInvalid, HashTreeInvalid, TokenInvalid, TokenUntrusted
from notary.records.algorithms import Ending, Facts, Policy, Use
from notary.records.evidence_record import (
    ArchiveTimeStamp,
    Chain,
    EvidenceRecord,
    time_stamp_value,
    tree_value,
)
from notary.records.evidence_tokens import Tokens
from notary.records.evidence_verdict import TITLES, RecordCheck, RecordVerdict, StampResult
from notary.records.hash_tree import root_of
from notary.timestamps.tsp import Vouched, is_earlier, uncertainty
from notary.verdicts.reasons.records import RecordReason
from notary.verdicts.trust import TrustedAuthority
from notary.verdicts.verdict import Status, utc

if TYPE_CHECKING:
    from notary.timestamps.tsp import Token

PASSED, FAILED, INDETERMINATE = Status.PASSED, Status.FAILED, Status.INDETERMINATE

_REASONS = {"authority-revoked": RecordReason.TOKEN_REVOKED, "authority-expired": RecordReason.TOKEN_EXPIRED}

Document: TypeAlias = Callable[[str], bytes | None]
"""A document by its hashes: the digest under the hash of that name, or None where it is not at hand."""


class Validator:
    """Validates many records against one trust, doing what several of them share only once.

    authorities  that the verifier trusts
    at           Unix seconds, now for whoever validates
    """

    def __init__(self, authorities: Sequence[TrustedAuthority], policy: Policy, at: int) -> None:
        self.tokens, self.policy, self.at = Tokens(authorities), policy, at

    def validate_bytes(self, data: bytes, documents: Sequence[Document]) -> RecordVerdict:
        """As `validate`, for a file as it came; one that does not parse fails check 1."""
        try:
            record = EvidenceRecord.from_bytes(data)
        except EvidenceRecordInvalid as exc:
            rest = (_not_reached(number) for number in range(2, len(TITLES) + 1))
            checks = (RecordCheck(1, FAILED, str(exc), RecordReason.INVALID), *rest)
            return RecordVerdict(FAILED, RecordReason.INVALID, checks)
        return self.validate(record, documents)

    def validate(self, record: EvidenceRecord, documents: Sequence[Document]) -> RecordVerdict:
        """The verdict on a record.

        documents  that it shall prove; none: what can be checked without

        Raises nothing: whatever is wrong is in the verdict.
        """
        return _Validation(self, record, documents).run()


def validate(
    record: EvidenceRecord,
    documents: Sequence[Document],
    authorities: Sequence[TrustedAuthority],
    policy: Policy,
    at: int,
) -> RecordVerdict:
    """The verdict on a single record; see `Validator`."""
    return Validator(authorities, policy, at).validate(record, documents)


def validate_bytes(
    data: bytes, documents: Sequence[Document], authorities: Sequence[TrustedAuthority], policy: Policy, at: int
) -> RecordVerdict:
    """The verdict on a single file; see `Validator`."""
    return Validator(authorities, policy, at).validate_bytes(data, documents)


@dataclass(frozen=True, slots=True)
class _Stamp:
    """An archive time-stamp with what was read of its token.

    hash_name  of its tree; None where the record names an unknown one, or the token cannot be read
    token      None with `unread`, which says why
    """

    chain: int
    place: int
    stamp: ArchiveTimeStamp
    hash_name: str | None
    token: Token | None
    unread: TokenInvalid | None

    @property
    def title(self) -> str:
        return f"time-stamp {self.place + 1} of chain {self.chain + 1}"


class _Fault(Exception):
    def __init__(self, status: Status, reason: RecordReason, detail: str) -> None:
        super().__init__(detail)
        self.status, self.reason = status, reason


class _Validation:
    """One validation. Each numbered method looks at everything and raises the first fault that it finds."""

    def __init__(self, by: Validator, record: EvidenceRecord, documents: Sequence[Document]) -> None:
        self.record, self.documents = record, documents
        self.tokens, self.policy, self.at = by.tokens, by.policy, by.at
        self.stamps = tuple(_read(record.chains, by.tokens))
        self.signers: list[bytes] = []  # of each stamp, once check 5 has passed
        self.uncertainty = 0

    def run(self) -> RecordVerdict:
        checks: list[RecordCheck] = []
        methods = (self._1, self._2, self._3, self._4, self._5, self._6, self._7)
        for number, method in enumerate(methods, 1):
            if number > 5 and any(check.status is FAILED for check in checks):
                checks.append(_not_reached(number))
                continue
            try:
                checks.append(RecordCheck(number, PASSED, method()))
            except _Fault as fault:
                checks.append(RecordCheck(number, fault.status, str(fault), fault.reason))
        status, reason = _overall(checks)
        facts = [self._facts(place) for place in range(len(self.stamps))]
        results = tuple(
            StampResult(one.chain, one.place, one.hash_name, None if one.token is None else one.token.gen_time, fact)
            for one, fact in zip(self.stamps, facts, strict=True)
        )
        last = facts[-1]
        next_end = None if last is None else self.policy.weakest(last)
        first = self.stamps[0].token
        if status is not PASSED or first is None:
            checks.append(_not_reached(8))
            return RecordVerdict(status, reason, tuple(checks), results, next_end=next_end)
        detail = f"it existed at {utc(first.gen_time)}, give or take {self.uncertainty} seconds"
        checks.append(RecordCheck(8, PASSED, detail))
        return RecordVerdict(status, reason, tuple(checks), results, first.gen_time, self.uncertainty, next_end)

    def _1(self) -> str:
        if self.record.encryption_info is not None:
            raise _Fault(INDETERMINATE, RecordReason.ENCRYPTED, "it says how its objects were encrypted")
        listed = self.record.hash_names()
        for one in self.stamps:
            if one.hash_name is not None and one.hash_name not in listed:
                detail = f"{one.title} uses {one.hash_name}, which the record does not list"
                raise _Fault(FAILED, RecordReason.INVALID, detail)
        return f"{len(self.stamps)} time-stamps in {len(self.record.chains)} chains"

    def _2(self) -> str:
        first = self.stamps[0]
        if not self.documents:
            raise _Fault(INDETERMINATE, RecordReason.NO_DOCUMENT, "no document was given")
        values = self._digests(first)
        for value in values:
            if first.stamp.lists and value not in first.stamp.lists[0]:
                detail = f"{first.hash_name} {value.hex()} is not among the {len(first.stamp.lists[0])} of the record"
                raise _Fault(FAILED, RecordReason.OBJECT_MISSING, detail)
        if not first.stamp.lists and first.token is not None and _root((), values, first) != first.token.imprint:
            detail = f"the token stamps {first.token.imprint.hex()}, and the document is another"
            raise _Fault(FAILED, RecordReason.OBJECT_MISSING, detail)
        return f"{len(values)} found by {first.hash_name}"

    def _3(self) -> str:
        for one in self.stamps:
            token = self._token(one)
            if one.hash_name != token.hash_name:
                detail = f"the tree of {one.title} is one of {one.hash_name}, its token stamps by {token.hash_name}"
                raise _Fault(FAILED, RecordReason.ROOT_DIFFERS, detail)
            if not one.stamp.lists:
                continue  # what it stamps is compared in checks 2 and 4
            root = _root(one.stamp.lists, one.stamp.lists[0], one)
            if root != token.imprint:
                detail = f"the tree of {one.title} leads to {root.hex()}, its token stamps {token.imprint.hex()}"
                raise _Fault(FAILED, RecordReason.ROOT_DIFFERS, detail)
        return f"{len(self.stamps)} roots are the tokens' imprints"

    def _4(self) -> str:
        for before, one in zip(self.stamps, self.stamps[1:], strict=False):
            earlier, later = self._token(before), self._token(one)
            if is_earlier(later, earlier):
                detail = f"{one.title} is of {utc(later.gen_time)}, the one before it of {utc(earlier.gen_time)}"
                raise _Fault(FAILED, RecordReason.CHAIN_BROKEN, detail)
            if one.chain == before.chain:
                self._covers_token(before, one, later)
            else:
                self._covers_chains(one, later)
        return f"{len(self.stamps) - 1} renewals, each of what came before"

    def _covers_token(self, before: _Stamp, one: _Stamp, token: Token) -> None:
        name = _known(one)
        if name != before.hash_name:
            detail = f"{one.title} uses {name}, the one before it {before.hash_name}"
            raise _Fault(FAILED, RecordReason.CHAIN_BROKEN, detail)
        value = time_stamp_value(before.stamp, name)
        if not _holds(one, value, token) and not _holds(one, time_stamp_value(self._in_der(before.stamp), name), token):
            raise _Fault(FAILED, RecordReason.CHAIN_BROKEN, f"{one.title} is not about the token before it")

    def _covers_chains(self, one: _Stamp, token: Token) -> None:
        if not self.documents:
            detail = f"whether {one.title} is about the document as well cannot be seen without it"
            raise _Fault(INDETERMINATE, RecordReason.NO_DOCUMENT, detail)
        name, digests, chains = _known(one), self._digests(one), self.record.chains[: one.chain]
        for rewritten in (False, True):
            encoded = tuple(tuple(map(self._in_der, chain)) for chain in chains) if rewritten else chains
            values = [tree_value(encoded, digest, name) for digest in digests]
            if one.stamp.lists:
                held = all(value in one.stamp.lists[0] for value in values)
            else:
                held = _root((), values, one) == token.imprint
            if held:
                break
        else:
            detail = f"{one.title} is not about this document and the {one.chain} chains before"
            raise _Fault(FAILED, RecordReason.CHAIN_BROKEN, detail)

    def _5(self) -> str:
        for one in self.stamps:
            self._token(one)
            signer = self.tokens.signer(one.stamp.token)
            if isinstance(signer, TokenInvalid):
                raise _token_fault(one, signer) from signer
            self.signers.append(signer)
        return f"{len(self.signers)} signatures hold"

    def _6(self) -> str:
        ends = [self._token(one).gen_time for one in self.stamps[1:]]
        for one, _, end in zip(self.stamps, self.signers, [*ends, self.at], strict=False):
            token = self._token(one)
            give_or_take = uncertainty(token, self._vouched(one, token.gen_time).authority.uncertainty_seconds)
            if one is self.stamps[0]:
                self.uncertainty = give_or_take
            if end + give_or_take < token.gen_time:
                detail = f"{one.title} is of {utc(token.gen_time)}, which is still to come"
                raise _Fault(INDETERMINATE, RecordReason.TOKEN_UNTRUSTED, detail)
            self._vouched(one, max(end, token.gen_time))  # as judged when the next one was made
        if len(self.signers) < len(self.stamps):
            raise _Fault(INDETERMINATE, RecordReason.NOT_REACHED, "not every signature was checked")
        return f"{len(self.stamps)} tokens, each of a trusted authority and renewed in time"

    def _vouched(self, one: _Stamp, at: int) -> Vouched:
        found = self.tokens.vouched(one.stamp.token, at)
        if not isinstance(found, TokenUntrusted):
            return found
        reason = _REASONS.get(found.reason, RecordReason.TOKEN_UNTRUSTED)
        raise _Fault(INDETERMINATE, reason, f"{one.title}: {found}")

    def _7(self) -> str:
        for place, one in enumerate(self.stamps):
            later = self.stamps[place + 1 :]
            next_chain = next((stamp for stamp in later if stamp.chain > one.chain), None)
            facts = self._facts(place)
            if facts is None:
                raise _Fault(INDETERMINATE, RecordReason.NOT_REACHED, f"{one.title} was not read")
            until = self._time_of(later[0] if later else None)
            tree_until = self._time_of(next_chain)
            for use in facts.uses:
                needed = tree_until if use == Use("hash", _known(one)) else until
                ending = self.policy.ending(use)
                if ending.ended(needed):
                    detail = f"{one.title} uses {ending.what} until {utc(needed)}, its end was {_end(ending)}"
                    raise _Fault(INDETERMINATE, RecordReason.ALGORITHM_WEAK, detail)
        return "by the policy, none had ended when it was renewed"

    def _time_of(self, one: _Stamp | None) -> int:
        return self.at if one is None else self._token(one).gen_time

    def _facts(self, place: int) -> Facts | None:
        needed = self.stamps[place + 1].token if place + 1 < len(self.stamps) else None
        return self.tokens.facts(self.stamps[place].stamp.token, self.at if needed is None else needed.gen_time)

    def _in_der(self, stamp: ArchiveTimeStamp) -> ArchiveTimeStamp:
        """As others hash it whose token came in BER."""
        return replace(stamp, token=self.tokens.der(stamp.token))

    def _digests(self, one: _Stamp) -> list[bytes]:
        """Each document's digest under the hash of `one`."""
        name = _known(one)
        found = [document(name) for document in self.documents]
        if any(digest is None for digest in found):
            raise _Fault(INDETERMINATE, RecordReason.NO_DOCUMENT, f"a document's {name} is not at hand")
        return [digest for digest in found if digest is not None]

    def _token(self, one: _Stamp) -> Token:
        if one.token is None:
            assert one.unread is not None
            raise _token_fault(one, one.unread)
        return one.token


def _read(chains: tuple[Chain, ...], tokens: Tokens) -> Iterator[_Stamp]:
    for number, chain in enumerate(chains):
        for place, stamp in enumerate(chain):
            read = tokens.read(stamp.token)
            token, unread = (None, read) if isinstance(read, TokenInvalid) else (read, None)
            name = stamp.hash_name
            if stamp.algorithm is None and token is not None:
                name = token.hash_name
            yield _Stamp(number, place, stamp, name, token, unread)


def _known(one: _Stamp) -> str:
    if one.hash_name is None:
        detail = f"{one.title} uses a hash that is unknown here, or not good enough for any tree"
        raise _Fault(INDETERMINATE, RecordReason.ALGORITHM_WEAK, detail)
    return one.hash_name


def _root(lists: tuple[tuple[bytes, ...], ...], values: Sequence[bytes], one: _Stamp) -> bytes:
    try:
        return root_of(lists, values, _known(one))
    except HashTreeInvalid as exc:
        raise _Fault(FAILED, RecordReason.ROOT_DIFFERS, f"the tree of {one.title}: {exc}") from exc


def _holds(one: _Stamp, value: bytes, token: Token) -> bool:
    return value in one.stamp.lists[0] if one.stamp.lists else value == token.imprint


def _token_fault(one: _Stamp, exc: TokenInvalid) -> _Fault:
    if exc.reason == "token-algorithm-weak":
        return _Fault(INDETERMINATE, RecordReason.ALGORITHM_WEAK, f"{one.title}: {exc}")
    return _Fault(FAILED, RecordReason.TOKEN_INVALID, f"{one.title}: {exc}")


def _end(ending: Ending) -> str:
    by = f", says {ending.row.source}" if ending.row else ""
    return f"{utc(ending.until or 0)}{by}"


def _not_reached(number: int) -> RecordCheck:
    return RecordCheck(number, INDETERMINATE, "nothing follows from it", RecordReason.NOT_REACHED)


def _overall(checks: Sequence[RecordCheck]) -> tuple[Status, RecordReason | None]:
    for status in (FAILED, INDETERMINATE):
        for check in checks:
            if check.status is status:
                return status, check.reason
    return PASSED, None

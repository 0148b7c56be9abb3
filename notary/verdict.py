"""What a verification found: numbered checks with reason codes, and a time interval.

The reason codes are stable: programs may rely on them. The sentences beside them are for people and may change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from notary.claim import Value
from notary.jcs import Json


class Status(StrEnum):
    PASSED = "PASSED"
    FAILED = "FAILED"
    INDETERMINATE = "INDETERMINATE"


class Reason(StrEnum):
    """Why a check did not simply pass. Each has its sentence in MEANINGS."""

    # 1 receipt
    RECEIPT_INVALID = "receipt-invalid"
    RECEIPT_VERSION_UNKNOWN = "receipt-version-unknown"
    # 2 document
    NO_DOCUMENT = "no-document"
    FIELD_HIDDEN = "field-hidden"
    SIZE_DIFFERS = "size-differs"
    DIGEST_DIFFERS = "digest-differs"
    DIGEST_NOT_COMPUTED = "digest-not-computed"
    # 3 commitment
    CLAIM_INVALID = "claim-invalid"
    # 4 entry
    ENTRY_SIZE_DIFFERS = "entry-size-differs"
    ENTRY_NOT_IN_LOG = "entry-not-in-log"
    # 5 checkpoint
    ORIGIN_DIFFERS = "origin-differs"
    SIGNATURE_INVALID = "signature-invalid"
    # 6 case head
    CASE_HEAD_NOT_IN_LOG = "case-head-not-in-log"
    CASE_NOT_IN_MAP = "case-not-in-map"
    CASE_DIFFERS = "case-differs"
    CASE_HIDDEN = "case-hidden"
    CASE_HEAD_STALE = "case-head-stale"
    # 7 anchor
    NO_ANCHOR = "no-anchor"
    ANCHOR_PENDING = "anchor-pending"
    ANCHOR_UNKNOWN = "anchor-unknown"
    HEADER_INVALID = "header-invalid"
    HEADER_HASH_DIFFERS = "header-hash-differs"
    BLOCK_NUMBER_DIFFERS = "block-number-differs"
    TRIE_PATH_INVALID = "trie-path-invalid"
    EVM_RECEIPT_INVALID = "evm-receipt-invalid"
    EVM_RECEIPT_DIFFERS = "evm-receipt-differs"
    TRANSACTION_FAILED = "transaction-failed"
    EVENT_MISSING = "event-missing"
    EVENT_DIFFERS = "event-differs"
    # 8 trust
    ANCHOR_INVALID = "anchor-invalid"
    BLOCK_HASH_UNCONFIRMED = "block-hash-unconfirmed"
    BLOCK_HASH_DIFFERS = "block-hash-differs"
    GENESIS_DIFFERS = "genesis-differs"
    DEV_CHAIN = "dev-chain"
    DEV_CHAIN_UNTRUSTED = "dev-chain-untrusted"
    CONTRACT_UNTRUSTED = "contract-untrusted"
    CONTRACT_UNPINNED = "contract-unpinned"
    # 9 time
    TIME_UNKNOWN = "time-unknown"
    TIME_CONTRADICTION = "time-contradiction"
    NOT_BEFORE_UNCONFIRMED = "not-before-unconfirmed"
    NOT_REACHED = "not-reached"


MEANINGS: Mapping[Reason, str] = {
    Reason.RECEIPT_INVALID: "The receipt was cut off, altered, or is no receipt. Ask for it again.",
    Reason.RECEIPT_VERSION_UNKNOWN: "A newer program made this receipt. Install the newest version and verify again.",
    Reason.NO_DOCUMENT: "No document was given to compare with. Give the file beside the receipt.",
    Reason.FIELD_HIDDEN: "The receipt does not show the document's digest, so the document cannot be compared.",
    Reason.SIZE_DIFFERS: "This is not the sealed document, or it was changed after it was sealed.",
    Reason.DIGEST_DIFFERS: "This is not the sealed document, or it was changed after it was sealed.",
    Reason.DIGEST_NOT_COMPUTED: "The receipt shows a further digest that this program could not compute.",
    Reason.CLAIM_INVALID: "The claim breaks its own rules: the receipt was altered, or its maker's program is faulty.",
    Reason.ENTRY_SIZE_DIFFERS: "The proof is for another state of the log than the checkpoint's.",
    Reason.ENTRY_NOT_IN_LOG: "The claim is not what was entered in the log: a field, a salt or the proof was altered.",
    Reason.ORIGIN_DIFFERS: "The checkpoint is of another log than the receipt says.",
    Reason.SIGNATURE_INVALID: "The checkpoint was not signed by the key in the receipt.",
    Reason.CASE_HEAD_NOT_IN_LOG: "The case head is not what was entered in the log.",
    Reason.CASE_NOT_IN_MAP: "The case is not in the map of cases that the log commits to.",
    Reason.CASE_DIFFERS: "The receipt shows the head of another case.",
    Reason.CASE_HIDDEN: "The claim does not show which case it belongs to, so the case head cannot be tied to it.",
    Reason.CASE_HEAD_STALE: "The case head is older than the checkpoint: what was sealed after it does not show.",
    Reason.NO_ANCHOR: "The receipt carries no anchor, so nobody but the log's owner vouches for a time.",
    Reason.ANCHOR_PENDING: "The anchor is not yet on chain. Ask for the receipt again later.",
    Reason.ANCHOR_UNKNOWN: "The receipt carries only anchors of a kind that this program does not know.",
    Reason.HEADER_INVALID: "The block header is not one.",
    Reason.HEADER_HASH_DIFFERS: "The block header was altered.",
    Reason.BLOCK_NUMBER_DIFFERS: "The block header is that of another block.",
    Reason.TRIE_PATH_INVALID: "The transaction's receipt is not in that block.",
    Reason.EVM_RECEIPT_INVALID: "The transaction's receipt is not one.",
    Reason.EVM_RECEIPT_DIFFERS: "The block has another transaction receipt at that place.",
    Reason.TRANSACTION_FAILED: "The transaction was in the block but failed, so it anchored nothing.",
    Reason.EVENT_MISSING: "The transaction did not emit what the receipt says.",
    Reason.EVENT_DIFFERS: "The transaction anchored another log or another state of it.",
    Reason.ANCHOR_INVALID: "The anchor's proof is not valid, so whether its block is known does not matter.",
    Reason.BLOCK_HASH_UNCONFIRMED: "Nothing on your side says that this block is on that chain. Compare its hash "
    "with a block explorer and give it with --block, use --rpc with a node that you trust, or a trusted-blocks file.",
    Reason.BLOCK_HASH_DIFFERS: "Your own source names another block of that number: forged, or reorganised.",
    Reason.GENESIS_DIFFERS: "Your own source speaks of another chain that has the same number.",
    Reason.DEV_CHAIN: "This is a development chain: its owner can make any block. It proves nothing to others.",
    Reason.DEV_CHAIN_UNTRUSTED: "This is a development chain, and no trusted-blocks file of yours trusts it.",
    Reason.CONTRACT_UNTRUSTED: "The anchor is in another contract than those that you trust on that chain.",
    Reason.CONTRACT_UNPINNED: "You name no contract that you trust there; compare its address with the published one.",
    Reason.TIME_UNKNOWN: "No anchor is confirmed, so the receipt proves no time.",
    Reason.TIME_CONTRADICTION: "The claim names a block as older than itself that is younger than its anchor.",
    Reason.NOT_BEFORE_UNCONFIRMED: "The claim names a block that is older; your sources do not give that block's time.",
    Reason.NOT_REACHED: "An earlier check failed, so this one says nothing.",
}

TITLES = (
    "receipt is well-formed",
    "document is the sealed one",
    "claim leads to its commitment",
    "commitment is in the log",
    "checkpoint is signed by the log's key",
    "case head is in the log",
    "log's state is anchored in the block",
    "block is known from your side",
    "time",
)
"""What each check looks at; check n is TITLES[n - 1]."""

NOT_PROVEN = "Not proven: that the contents are true, who made the document, or that no other version exists elsewhere."


@dataclass(frozen=True, slots=True)
class Check:
    """One numbered check.

    number  1 to 9
    reason  always set unless PASSED; on PASSED only where it qualifies the pass (dev-chain)
    detail  one sentence with the numbers that made it so
    """

    number: int
    status: Status
    detail: str
    reason: Reason | None = None

    @property
    def title(self) -> str:
        return TITLES[self.number - 1]

    def to_json(self) -> dict[str, Json]:
        return {
            "number": self.number,
            "title": self.title,
            "status": self.status.value,
            "reason": self.reason.value if self.reason else None,
            "detail": self.detail,
        }


@dataclass(frozen=True, slots=True)
class Interval:
    """When the claim came to be. Unix seconds, UTC; None is unbounded.

    not_before           time of a block that the claim names; the claim is younger
    not_after            time of the earliest confirmed block that anchors it; the claim is older
    uncertainty_seconds  how far a block's own time may be from the true one
    """

    not_before: int | None
    not_after: int | None
    uncertainty_seconds: int


@dataclass(frozen=True, slots=True)
class AnchorResult:
    """What was found about one EVM anchor; not its transaction's hash, which no proof covers.

    timestamp            of the block, Unix seconds; None where the proof does not hold
    proof, trust         results of checks 7 and 8 for this anchor alone
    pinned               its contract is one of those that the verifier names on that chain
    uncertainty_seconds  how far the block's time may be from the true one
    """

    chain_id: int
    genesis: bytes
    block_number: int
    block_hash: bytes
    contract: bytes
    timestamp: int | None
    proof: Check
    trust: Check
    pinned: bool
    uncertainty_seconds: int

    def to_json(self) -> dict[str, Json]:
        return {
            "chain_id": self.chain_id,
            "genesis": "0x" + self.genesis.hex(),
            "block_number": self.block_number,
            "block_hash": "0x" + self.block_hash.hex(),
            "contract": "0x" + self.contract.hex(),
            "timestamp": self.timestamp,
            "proof": self.proof.to_json(),
            "trust": self.trust.to_json(),
            "pinned": self.pinned,
            "uncertainty_seconds": self.uncertainty_seconds,
        }


@dataclass(frozen=True, slots=True)
class Note:
    """Something to know that decides nothing."""

    reason: Reason | None
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a verification.

    status   FAILED if any check failed; PASSED if checks 1 to 8 passed; else INDETERMINATE
    reason   of the first check that decided the status; on PASSED only a qualification such as dev-chain
    checks   all nine, in order
    fields   what the claim shows; they count only as far as checks 3 and 4 passed
    anchors  one result per EVM anchor
    """

    status: Status
    reason: Reason | None
    checks: tuple[Check, ...]
    interval: Interval
    fields: Mapping[str, Value]
    anchors: tuple[AnchorResult, ...] = ()
    notes: tuple[Note, ...] = ()

    def check(self, number: int) -> Check:
        return self.checks[number - 1]

    def explain(self) -> list[str]:
        """Plain-language lines: the result, what was sealed, each check, the time, the notes, what is not proven."""
        lines = [f"{self.status}{f' ({self.reason})' if self.reason else ''}"]
        if self.reason:
            lines.append(MEANINGS[self.reason])
        if self.fields:
            lines.append(self._sealed_as())
        for check in self.checks:
            reason = f" ({check.reason})" if check.reason else ""
            lines.append(f"{check.number}. {check.title}: {check.status}{reason}. {printable(check.detail)}")
            if check.reason and check.reason not in (self.reason, Reason.NOT_REACHED):
                lines.append(f"   {MEANINGS[check.reason]}")
        lines += [f"Note: {printable(note.text)}" for note in self.notes]
        return [*lines, NOT_PROVEN]

    def proves(self, *numbers: int) -> bool:
        """Whether each of these checks is there and passed."""
        return set(numbers) <= {check.number for check in self.checks if check.status is Status.PASSED}

    def _sealed_as(self) -> str:
        """Under which name, exhibit and case: a receipt for a file of another name is a valid one too."""
        shown = {name: printable(str(self.fields[name])) for name in ("name", "exhibit", "case") if name in self.fields}
        parts = [f"sealed as {shown.get('name', '(name hidden)')}"]
        if "exhibit" in shown:
            parts.append(f"exhibit {shown['exhibit']}")
        parts.append(f"case {shown.get('case', '(hidden)')}")
        text = ", ".join(parts)
        return f"{text[0].upper()}{text[1:]}." if self.proves(3, 4) else f"The receipt says, without proof: {text}."

    def to_json(self) -> dict[str, Json]:
        return {
            "status": self.status.value,
            "reason": self.reason.value if self.reason else None,
            "checks": [check.to_json() for check in self.checks],
            "interval": {
                "not_before": self.interval.not_before,
                "not_after": self.interval.not_after,
                "uncertainty_seconds": self.interval.uncertainty_seconds,
            },
            "fields": dict(self.fields),
            "anchors": [anchor.to_json() for anchor in self.anchors],
            "notes": [{"reason": note.reason.value if note.reason else None, "text": note.text} for note in self.notes],
        }


def utc(seconds: int) -> str:
    """For example 2026-11-23 17:46:34 UTC; the bare number where no calendar has it."""
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (OverflowError, ValueError, OSError):
        return f"{seconds} seconds after 1970"


def printable(text: str) -> str:
    """`text` with control characters and such written out, so that a file's name cannot rewrite a terminal."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)

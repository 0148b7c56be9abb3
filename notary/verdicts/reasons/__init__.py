"""What a verdict can say: statuses, reason codes, and the words for them in several languages.

The codes are stable: programs may rely on them. The sentences are for people and may change. They are data, one module
a language: `en`, `zh_hans`, `zh_hant`; a language is loaded when somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import Final

LOCALES: Final = ("en", "zh-Hans", "zh-Hant")
"""BCP 47 tags of the languages that there are words in."""


class Status(StrEnum):
    PASSED = "PASSED"
    FAILED = "FAILED"
    INDETERMINATE = "INDETERMINATE"


class Reason(StrEnum):
    """Why a check did not simply pass. Each has its sentence in every language."""

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
    # 7 anchors' own proofs
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
    STAMP_INVALID = "token-invalid"
    STAMP_IMPRINT_DIFFERS = "token-imprint-differs"
    STAMP_SIGNATURE_INVALID = "token-signature-invalid"
    STAMP_CERTIFICATE_MISSING = "token-certificate-missing"
    STAMP_CERTIFICATE_DIFFERS = "token-certificate-differs"
    STAMP_KEY_USAGE = "token-key-usage"
    STAMP_ALGORITHM_WEAK = "token-algorithm-weak"
    OTS_INVALID = "ots-invalid"
    OTS_DIGEST_DIFFERS = "ots-digest-differs"
    OTS_PENDING = "ots-pending"
    OTS_ATTESTATION_UNKNOWN = "ots-attestation-unknown"
    # 8 trust
    ANCHOR_INVALID = "anchor-invalid"
    BLOCK_HASH_UNCONFIRMED = "block-hash-unconfirmed"
    BLOCK_HASH_DIFFERS = "block-hash-differs"
    SOURCES_DISAGREE = "sources-disagree"
    GENESIS_DIFFERS = "genesis-differs"
    DEV_CHAIN = "dev-chain"
    DEV_CHAIN_UNTRUSTED = "dev-chain-untrusted"
    CONTRACT_UNTRUSTED = "contract-untrusted"
    CONTRACT_UNPINNED = "contract-unpinned"
    AUTHORITY_UNTRUSTED = "authority-untrusted"
    AUTHORITY_EXPIRED = "authority-expired"
    AUTHORITY_REVOKED = "authority-revoked"
    POLICY_UNTRUSTED = "policy-untrusted"
    BITCOIN_HEADER_UNKNOWN = "bitcoin-header-unknown"
    BITCOIN_HEADER_INVALID = "bitcoin-header-invalid"
    BITCOIN_ROOT_DIFFERS = "bitcoin-root-differs"
    # 9 time
    TIME_UNKNOWN = "time-unknown"
    TIME_CONTRADICTION = "time-contradiction"
    NOT_BEFORE_UNCONFIRMED = "not-before-unconfirmed"
    # 10 one log
    NOT_CARRIED = "not-carried"
    LOG_REWRITTEN = "log-rewritten"
    CASE_SHRANK = "case-shrank"
    # 11 standing
    STANDING_INVALID = "standing-invalid"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"
    ERASED = "erased"
    # 12 custody
    CUSTODY_INVALID = "custody-invalid"
    CUSTODY_UNSIGNED = "custody-unsigned"
    CUSTODY_SIGNATURE_INVALID = "custody-signature-invalid"
    ERC1271_OFFLINE = "erc1271-offline"
    WALLET_REFUSED = "wallet-refused"
    SIGNATURE_UNKNOWN = "signature-unknown"
    SIGNATURE_UNSUPPORTED = "signature-unsupported"
    SIGNER_UNTRUSTED = "signer-untrusted"
    SIGNER_EXPIRED = "signer-expired"
    # any
    NOT_REACHED = "not-reached"


class Text(StrEnum):
    """A sentence with numbers or names in it; the words of each language have a template for it."""

    SEALED_AS = "sealed-as"  # what
    SEALED_AS_UNPROVEN = "sealed-as-unproven"  # what
    EXHIBIT = "exhibit"  # exhibit
    CASE = "case"  # case
    NAME_HIDDEN = "name-hidden"
    CASE_HIDDEN = "case-is-hidden"
    MADE_BETWEEN = "made-between"  # begin, begin_seconds, end, seconds, source
    MADE_BEFORE = "made-before"  # end, seconds, source
    ALSO_BEFORE = "also-before"  # end, seconds, source
    SOURCE_EVM = "source-evm"  # chain_id, block_number
    SOURCE_RFC3161 = "source-rfc3161"  # authority
    SOURCE_OTS = "source-ots"  # height
    CHECK = "check"  # number, title, status, detail
    NOTE = "note"  # text
    # notes
    CONTRACT_UNPINNED = "contract-unpinned"  # chain_id, contract
    ANCHOR_UNKNOWN = "anchor-unknown"  # count
    ANCHOR_PENDING = "anchor-pending"  # count
    NOT_BEFORE_UNCONFIRMED = "not-before-unconfirmed"  # block
    QUALIFIED = "qualified"  # name
    CONTINUES = "continues"  # leaf
    LATER_UNKNOWN = "later-unknown"  # entry
    NAME_DIFFERS = "name-differs"  # name, sealed


@dataclass(frozen=True, slots=True)
class Words:
    """Everything that a verdict says, in one language.

    locale      BCP 47 tag, one of LOCALES
    statuses    the three results
    titles      what each check looks at; check n is titles[n - 1]
    meanings    a sentence for each reason: what it means, and what the reader can do
    texts       templates for str.format
    comma       what stands between two words of a list
    brackets    around the code of a reason
    not_proven  what no receipt proves
    """

    locale: str
    statuses: Mapping[Status, str]
    titles: tuple[str, ...]
    meanings: Mapping[Reason, str]
    texts: Mapping[Text, str]
    comma: str
    brackets: tuple[str, str]
    not_proven: str

    def say(self, text: Text, values: Mapping[str, object]) -> str:
        """The sentence with its values."""
        return self.texts[text].format_map(dict(values))

    def code(self, reason: Reason | None) -> str:
        """A reason's code in brackets; nothing for none."""
        return f"{self.brackets[0]}{reason}{self.brackets[1]}" if reason else ""


def words(locale: str = "en") -> Words:
    """The words of a language.

    locale  one of LOCALES

    Raises ValueError for any other.
    """
    if locale not in LOCALES:
        raise ValueError(f"there are no words in {locale[:20]!r}, only in {', '.join(LOCALES)}")
    found = import_module(f"notary.verdicts.reasons.{locale.lower().replace('-', '_')}").WORDS
    assert isinstance(found, Words)
    return found

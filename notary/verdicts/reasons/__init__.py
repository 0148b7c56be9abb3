"""What a verdict can say: statuses, reason codes, and the words for them in several languages.

The codes are stable: programs may rely on them. The sentences are for people and may change. They are data, one module
a language: `en`, `zh_hans`, `zh_hant`; a language is loaded when somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    # what the checks found
    REFUSED = "refused"  # text, reason
    NOTHING_TO_LOOK_AT = "nothing-to-look-at"
    WELL_FORMED = "well-formed"  # count
    DOCUMENT_MISSING = "document-missing"
    DOCUMENT_SIZE = "document-size"  # size, sealed
    DOCUMENT_DIGEST = "document-digest"  # name, digest, sealed
    DOCUMENT_HIDDEN = "document-hidden"
    DOCUMENT_NOT_COMPUTED = "document-not-computed"  # names
    DOCUMENT_SAME = "document-same"  # size, names
    COMMITTED = "committed"  # shown, hidden, commitment
    COMMITMENT_MISSING = "commitment-missing"
    PROOF_SIZE = "proof-size"  # proof, size
    ENTERED = "entered"  # index, size
    CHECKPOINT_ORIGIN = "checkpoint-origin"  # checkpoint, receipt
    CHECKPOINT_SIGNED = "checkpoint-signed"  # key, size, origin
    CASE_HEAD_SIZE = "case-head-size"  # proof, size
    MAP_SIZE = "map-size"  # proof, cases
    CASE_HEAD_OLD = "case-head-old"  # index, more
    CASE_COUNT = "case-count"  # entry, count
    CASE_NOT_SHOWN = "case-not-shown"  # case
    CASE_OTHER = "case-other"  # claim, head
    ANCHOR_AND_MORE = "anchor-and-more"  # first, count
    ANCHOR_ON_ITS_WAY = "anchor-on-its-way"
    ANCHORS_UNKNOWN = "anchors-unknown"  # count
    ANCHOR_MISSING = "anchor-missing"
    ANCHOR_SOURCE_MISSING = "anchor-source-missing"
    ANCHOR_DOES_NOT_HOLD = "anchor-does-not-hold"
    EVM_HOLDS = "evm-holds"  # number, chain, hash, contract, size, time
    STAMP_HOLDS = "stamp-holds"  # hash, imprint, time
    STAMP_TRUSTED = "stamp-trusted"  # name
    OTS_HOLDS = "ots-holds"  # height, root
    OTS_PROMISED = "ots-promised"  # count
    OTS_UNKNOWN = "ots-unknown"  # count
    BITCOIN_KNOWN = "bitcoin-known"  # source, height, hash
    BLOCK_KNOWN = "block-known"  # source, number, chain, hash
    BLOCK_UNKNOWN = "block-unknown"  # number, chain, hash
    GENESIS_OTHER = "genesis-other"  # chain, genesis
    CHAIN_FOR_DEVELOPMENT = "chain-for-development"  # chain
    CONTRACT_OTHER = "contract-other"  # contract, count, chain
    SOURCE_FILE = "source-file"
    SOURCE_BLOCK_OPTION = "source-block-option"
    SOURCE_HEADER_OPTION = "source-header-option"
    SOURCE_HEADERS = "source-headers"  # path
    SOURCE_NODE = "source-node"  # node
    SOURCE_NODES = "source-nodes"  # nodes
    SOURCE_FINAL_THERE = "source-final-there"  # nodes, finality
    SOURCE_KNOWN = "source-known"
    FINAL = "final"
    FINAL_WITH_L1 = "final-with-l1"  # chain
    DEEP = "deep"  # blocks
    DEEP_UNASKED = "deep-unasked"  # blocks
    NODE_GENESIS = "node-genesis"  # node, chain, genesis
    NODE_SAYS = "node-says"  # node, hash
    NODES_SAY = "nodes-say"  # nodes, hash
    BOTH = "both"  # one, other
    OPEN_STILL = "open-still"  # known, more
    NODES_AGAINST = "nodes-against"  # number, chain, others
    NODE_WITHOUT_BLOCK = "node-without-block"  # node, number
    NODE_NOT_FINAL = "node-not-final"  # node, final
    NODE_OTHER_NOT_FINAL = "node-other-not-final"  # node, hash, final
    TIME_DOES_NOT_FOLLOW = "time-does-not-follow"
    TIME_UNKNOWN = "time-unknown"
    TIME_CONTRADICTED = "time-contradicted"  # begin, end
    LATER_MISSING = "later-missing"
    LATER_CASE_OTHER = "later-case-other"  # newer, older
    FEWER_CLAIMS = "fewer-claims"  # before, after
    FEWER_CUSTODY = "fewer-custody"  # before, after
    FEWER_ENDED = "fewer-ended"  # before, after
    LOG_GREW = "log-grew"  # old, new
    CLAIM_UNPROVEN = "claim-unproven"
    STATE_SUPERSEDED = "state-superseded"
    STATE_REVOKED = "state-revoked"
    STATE_ERASED = "state-erased"
    STANDING_UNDONE = "standing-undone"  # before, before_at, size
    STANDING_CHANGED = "standing-changed"  # before, before_at, now, now_at, size
    STANDING_HIDDEN = "standing-hidden"
    STANDING_CURRENT = "standing-current"  # entry
    STANDING_ENDED = "standing-ended"  # state, entry, custody
    CUSTODY_MISSING = "custody-missing"
    CUSTODY_FAULT = "custody-fault"  # fault
    CUSTODY_SUBJECT = "custody-subject"  # action, subject, claim
    CUSTODY_CASE = "custody-case"  # entry, batch, head
    CUSTODY_BEFORE = "custody-before"  # before, claim
    CUSTODY_FIRST = "custody-first"  # claim
    CUSTODY_EARLY = "custody-early"  # batch, entry
    CUSTODY_PLACE = "custody-place"  # seq, place, first
    CUSTODY_BEYOND = "custody-beyond"  # last, count
    CUSTODY_HEAD = "custody-head"  # batch, head
    CUSTODY_LAST = "custody-last"  # head
    BATCH_SIZE = "batch-size"  # proof, size
    BATCH_FAULT = "batch-fault"  # fault
    BATCH_OTHER = "batch-other"  # entry, first, last, count
    SIGNER_SIGNED = "signer-signed"  # kind, identity
    SIGNER_UNDATED = "signer-undated"  # identity
    SIGNER_TRUSTED = "signer-trusted"  # identity
    SIGNED_BY = "signed-by"  # signers
    SIGNER_NOBODY = "signer-nobody"
    # what `tallystick verify` says beside verdicts
    NO_RECEIPT = "no-receipt"
    FILE_REFUSED = "file-refused"  # text
    PATH_REFUSED = "path-refused"  # text
    RECEIPTS_UNUSED = "receipts-unused"  # count
    SEALED_IN = "sealed-in"  # origin, key, case
    MORE_NOT_PASSED = "more-not-passed"  # count
    MORE_NAMES = "more-names"  # count
    MORE_PLACES = "more-places"  # count


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence for which no language is chosen yet: a template and its values.

    text    a Text, or a member of another enumeration whose Words have templates for it
    values  text and numbers as they are; another Said, or a tuple of either, is told in the same language
    """

    text: StrEnum
    values: Mapping[str, object] = field(default_factory=dict)


def said(text: StrEnum, /, **values: object) -> Said:
    """A sentence with these values."""
    return Said(text, values)


def refused(error: Exception, reason: StrEnum) -> Said:
    """What an error says, which is in English; in other languages the reason's own sentence stands for it."""
    return Said(Text.REFUSED, {"text": str(error), "reason": reason})


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
    meanings: Mapping[StrEnum, str]
    texts: Mapping[StrEnum, str]
    comma: str
    brackets: tuple[str, str]
    not_proven: str

    def say(self, text: StrEnum, values: Mapping[str, object]) -> str:
        """The sentence with its values."""
        return self.texts[text].format_map(dict(values))

    def tell(self, sentence: Said | str) -> str:
        """The sentence in this language; text stays as it is."""
        if isinstance(sentence, str):
            return sentence
        values = {name: self._told(value) for name, value in sentence.values.items()}
        reason = values.get("reason")
        if isinstance(reason, StrEnum):
            values["meaning"] = self.meanings[reason]
        return self.say(sentence.text, values)

    def _told(self, value: object) -> object:
        if isinstance(value, tuple):
            return self.comma.join(str(self._told(one)) for one in value)
        return self.tell(value) if isinstance(value, Said) else value

    def code(self, reason: StrEnum | None) -> str:
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

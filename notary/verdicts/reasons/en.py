"""The words of a verdict in English."""

from __future__ import annotations

from typing import Final

from notary.verdicts.reasons import Reason, Status, Text, Words

WORDS: Final = Words(
    locale="en",
    statuses={Status.PASSED: "PASSED", Status.FAILED: "FAILED", Status.INDETERMINATE: "INDETERMINATE"},
    titles=(
        "receipt is well-formed",
        "document is the sealed one",
        "claim leads to its commitment",
        "commitment is in the log",
        "checkpoint is signed by the log's key",
        "case head is in the log",
        "each anchor's own proof holds",
        "an anchor is known from your side",
        "time",
        "newer head is of the same log",
        "claim is not superseded, revoked or erased",
        "custody entry is signed",
    ),
    meanings={
        Reason.RECEIPT_INVALID: "The receipt was cut off, altered, or is no receipt. Ask for it again.",
        Reason.RECEIPT_VERSION_UNKNOWN: "A newer program made this receipt. Install the newest version and verify "
        "again.",
        Reason.NO_DOCUMENT: "No document was given to compare with. Give the file beside the receipt.",
        Reason.FIELD_HIDDEN: "The receipt does not show the document's digest, so the document cannot be compared.",
        Reason.SIZE_DIFFERS: "This is not the sealed document, or it was changed after it was sealed.",
        Reason.DIGEST_DIFFERS: "This is not the sealed document, or it was changed after it was sealed.",
        Reason.DIGEST_NOT_COMPUTED: "The receipt shows a further digest that this program could not compute.",
        Reason.CLAIM_INVALID: "The claim breaks its own rules: the receipt was altered, or its maker's program is "
        "faulty.",
        Reason.ENTRY_SIZE_DIFFERS: "The proof is for another state of the log than the checkpoint's.",
        Reason.ENTRY_NOT_IN_LOG: "The claim is not what was entered in the log: a field, a salt or the proof was "
        "altered.",
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
        Reason.STAMP_INVALID: "The time-stamp token was cut off, altered, or is none.",
        Reason.STAMP_IMPRINT_DIFFERS: "The time-stamp token is of something else than this checkpoint.",
        Reason.STAMP_SIGNATURE_INVALID: "The time-stamp token was altered: its signature does not hold.",
        Reason.STAMP_CERTIFICATE_MISSING: "The time-stamp token came without its certificate, and you gave none. Give "
        "it with --tsa-cert.",
        Reason.STAMP_CERTIFICATE_DIFFERS: "The time-stamp token carries another certificate than it was signed with.",
        Reason.STAMP_KEY_USAGE: "The certificate in the time-stamp token is not one for time stamps.",
        Reason.STAMP_ALGORITHM_WEAK: "The time-stamp token uses an algorithm that can be forged today, so it proves "
        "nothing any more by itself.",
        Reason.OTS_INVALID: "The OpenTimestamps proof was cut off, altered, or is none.",
        Reason.OTS_DIGEST_DIFFERS: "The OpenTimestamps proof is of something else than this checkpoint.",
        Reason.OTS_PENDING: "OpenTimestamps calendars have only promised to put this into a Bitcoin block. That proves "
        "nothing yet. Ask for the receipt again in a day.",
        Reason.OTS_ATTESTATION_UNKNOWN: "The OpenTimestamps proof ends in something that this program does not judge.",
        Reason.ANCHOR_INVALID: "The anchor's proof is not valid, so whether its source is known does not matter.",
        Reason.BLOCK_HASH_UNCONFIRMED: "Nothing on your side says that this block is on that chain. Compare its hash "
        "with a block explorer and give it with --block, use --rpc with a node that you trust, or a trusted-blocks "
        "file.",
        Reason.BLOCK_HASH_DIFFERS: "Your own source names another block of that number: forged, or reorganised.",
        Reason.SOURCES_DISAGREE: "Your own sources name different blocks of that number. One of them is "
        "wrong: ask others.",
        Reason.GENESIS_DIFFERS: "Your own source speaks of another chain that has the same number.",
        Reason.DEV_CHAIN: "This is a development chain: its owner can make any block. It proves nothing to others.",
        Reason.DEV_CHAIN_UNTRUSTED: "This is a development chain, and no trusted-blocks file of yours trusts it.",
        Reason.CONTRACT_UNTRUSTED: "The anchor is in another contract than those that you trust on that chain.",
        Reason.CONTRACT_UNPINNED: "You name no contract that you trust there; compare its address with the published "
        "one.",
        Reason.AUTHORITY_UNTRUSTED: "Nothing on your side vouches for this time-stamp authority. Name its root "
        "certificate with --tsa-root if you trust it.",
        Reason.AUTHORITY_EXPIRED: "A certificate of the time-stamp authority was not valid when it stamped.",
        Reason.AUTHORITY_REVOKED: "A certificate of the time-stamp authority was revoked: what it stamped may be "
        "forged.",
        Reason.POLICY_UNTRUSTED: "The authority stamped under a policy that is not among those that you accept.",
        Reason.BITCOIN_HEADER_UNKNOWN: "Nothing on your side says what is in that Bitcoin block. Look its header up "
        "and give it with --bitcoin-header, or name a file of headers with --bitcoin-headers.",
        Reason.BITCOIN_HEADER_INVALID: "The Bitcoin header on your side is not one: it is malformed or lacks the work.",
        Reason.BITCOIN_ROOT_DIFFERS: "Your own header of that Bitcoin block has another content: forged, or "
        "reorganised.",
        Reason.TIME_UNKNOWN: "No anchor is confirmed, so the receipt proves no time.",
        Reason.TIME_CONTRADICTION: "The claim names a block as older than itself that is younger than its anchor.",
        Reason.NOT_BEFORE_UNCONFIRMED: "The claim names a block that is older; your sources do not give that block's "
        "time.",
        Reason.NOT_CARRIED: "The receipt does not carry this part, so nothing is said about it.",
        Reason.LOG_REWRITTEN: "The newer head does not continue the older one: the log was rewritten, or the receipt "
        "altered. Keep both heads, they prove it.",
        Reason.CASE_SHRANK: "The newer head says less of the case than the older one: something was taken away.",
        Reason.STANDING_INVALID: "The proof of how the claim stands does not hold: the receipt was altered.",
        Reason.SUPERSEDED: "The sealed document stands, but a newer version of it was sealed later. Ask for that one.",
        Reason.REVOKED: "The claim was withdrawn by who sealed it. That it was sealed then is still shown.",
        Reason.ERASED: "The claim's secrets were erased on request. Whoever kept this receipt can still show it.",
        Reason.CUSTODY_INVALID: "The custody entry is not what was entered in the log, or is about something else.",
        Reason.CUSTODY_UNSIGNED: "Nobody signed the custody entry: it is only the word of whoever keeps the log.",
        Reason.CUSTODY_SIGNATURE_INVALID: "A signature on the custody entries is not of the key that it names.",
        Reason.ERC1271_OFFLINE: "A contract wallet is said to have signed; only its chain can tell. Use --rpc with a "
        "node that you trust.",
        Reason.WALLET_REFUSED: "The wallet does not confirm the signature today. Its owners may have changed since.",
        Reason.SIGNATURE_UNKNOWN: "The custody entries carry only signatures of a kind that this program does not "
        "know.",
        Reason.SIGNATURE_UNSUPPORTED: "This computer's cryptographic library cannot check that kind of signature.",
        Reason.SIGNER_UNTRUSTED: "The certificate's key signed, but nothing on your side vouches for the certificate. "
        "Name its root with --signer-root if you trust it.",
        Reason.SIGNER_EXPIRED: "The signer's certificate was not valid at the time in question.",
        Reason.NOT_REACHED: "An earlier check failed, so this one says nothing.",
    },
    texts={
        Text.SEALED_AS: "Sealed as {what}.",
        Text.SEALED_AS_UNPROVEN: "The receipt says, without proof: sealed as {what}.",
        Text.EXHIBIT: "exhibit {exhibit}",
        Text.CASE: "case {case}",
        Text.NAME_HIDDEN: "(name hidden)",
        Text.CASE_HIDDEN: "(hidden)",
        Text.MADE_BETWEEN: "made after {begin}, give or take {begin_seconds} seconds, and before {end}, give or take "
        "{seconds} seconds, by {source}",
        Text.MADE_BEFORE: "made at an unknown time and before {end}, give or take {seconds} seconds, by {source}",
        Text.ALSO_BEFORE: "before {end}, give or take {seconds} seconds, by {source} as well",
        Text.SOURCE_EVM: "block {block_number} of chain {chain_id}",
        Text.SOURCE_RFC3161: "the time-stamp authority {authority}",
        Text.SOURCE_OTS: "Bitcoin block {height}",
        Text.CHECK: "{number}. {title}: {status}. {detail}",
        Text.NOTE: "Note: {text}",
        Text.CONTRACT_UNPINNED: "you name no contract that you trust on chain {chain_id}; this is {contract}",
        Text.ANCHOR_UNKNOWN: "{count} anchors of kinds that this program does not know count for nothing",
        Text.ANCHOR_PENDING: "{count} anchors are still on their way and count for nothing",
        Text.NOT_BEFORE_UNCONFIRMED: "the claim says that it is younger than block {block}, whose time you do not know",
        Text.QUALIFIED: "your side calls {name} a qualified trust service (eIDAS): its time is presumed accurate",
        Text.CONTINUES: "this claim supersedes the log entry with leaf hash {leaf}",
        Text.LATER_UNKNOWN: "what was sealed, superseded or revoked after entry {entry} of the log does not show",
        Text.NAME_DIFFERS: "the file's name {name} is not the sealed name {sealed}.",
    },
    comma=", ",
    brackets=(" (", ")"),
    not_proven="Not proven: that the contents are true, who made the document, or that no other version exists "
    "elsewhere.",
)

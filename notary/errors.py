"""Every error that `notary` raises on purpose.

NotaryError                       notary.error
├── FormatInvalid                 notary.format-invalid             bytes that are not what their format says
│   ├── JsonInvalid               notary.json-invalid
│   ├── ClaimInvalid              notary.claim-invalid
│   ├── LogEntryInvalid           notary.log-entry-invalid
│   ├── TileInvalid               notary.tile-invalid
│   ├── CheckpointInvalid         notary.checkpoint-invalid
│   ├── RlpInvalid                notary.rlp-invalid
│   ├── TrustInvalid              notary.trust-invalid
│   ├── EvidenceRecordInvalid     notary.evidence-record-invalid
│   ├── PolicyInvalid             notary.policy-invalid
│   ├── BitcoinHeaderInvalid      notary.bitcoin-header-invalid
│   ├── ReportInvalid             notary.report-invalid
│   ├── BundleInvalid             notary.bundle-invalid
│   └── ReceiptInvalid            notary.receipt-invalid
│       ├── ReceiptTooLarge       notary.receipt-too-large
│       └── ReceiptVersionUnknown notary.receipt-version-unknown
├── ProofInvalid                  notary.proof-invalid              an inclusion proof that leads elsewhere
├── ConsistencyInvalid            notary.consistency-invalid        a log that was rewritten
├── HashTreeInvalid               notary.hash-tree-invalid          a reduced hash tree that proves no such value
├── EvmProofInvalid               notary.evm-proof-invalid          header, trie path, receipt or event do not fit
├── OtsInvalid                    notary.ots-invalid                an .ots proof that is none, or of something else
├── OtsUnconfirmed                notary.ots-unconfirmed            one that nothing known here confirms
├── StandingInvalid               notary.standing-invalid           ended claims that do not show how a claim stands
├── TokenInvalid                  notary.token-invalid              an RFC 3161 time-stamp token whose own proof fails
├── TokenUntrusted                notary.token-untrusted            one that the configured authority does not vouch for
└── SignatureInvalid              notary.signature-invalid          a checkpoint that this key did not sign

The services add their own leaves next to their code; the exit codes and HTTP statuses are tables in `portal`.
"""

from __future__ import annotations


class NotaryError(Exception):
    """Root of everything this package raises on purpose."""

    code = "notary.error"  # stable; printed by the command line, a member of the API's problem+json (RFC 9457)
    hint = ""  # what the reader can do next


class FormatInvalid(NotaryError):
    """Bytes from outside are not what their format says."""

    code = "notary.format-invalid"
    hint = "The file was cut off, altered, or is of another kind. Fetch it again."


class JsonInvalid(FormatInvalid):
    """JSON that is broken, too deep, too large, or uses what our formats forbid (floats, repeated names)."""

    code = "notary.json-invalid"


class ClaimInvalid(FormatInvalid):
    """A claim with an unknown, repeated, missing or ill-typed field."""

    code = "notary.claim-invalid"
    hint = "The field names, their order and their types are listed in notary/sealing/claim.py."


class LogEntryInvalid(FormatInvalid):
    """The bytes of a log entry, a case-head map entry or a custody entry are malformed."""

    code = "notary.log-entry-invalid"


class TileInvalid(FormatInvalid):
    """A tile, an entry bundle or a tile's path is malformed."""

    code = "notary.tile-invalid"


class CheckpointInvalid(FormatInvalid):
    """A checkpoint's text is malformed."""

    code = "notary.checkpoint-invalid"


class RlpInvalid(FormatInvalid):
    """RLP that is cut off, not canonical, too deep or too long."""

    code = "notary.rlp-invalid"


class TrustInvalid(FormatInvalid):
    """A trusted-blocks file or a `chain:number:hash` that cannot be read, or two sources that contradict each other."""

    code = "notary.trust-invalid"
    hint = "A block is given as CHAIN:NUMBER:0xHASH with 64 hexadecimal digits, for example 1:21000000:0x9d7f..."


class PolicyInvalid(FormatInvalid):
    """A file of algorithm lifetimes is malformed."""

    code = "notary.policy-invalid"
    hint = "notary/records/algorithms.py describes the format; notary/records/algorithms.json is one."


class EvidenceRecordInvalid(FormatInvalid):
    """The bytes are no RFC 4998 evidence record, or one beyond the bounds of this program."""

    code = "notary.evidence-record-invalid"
    hint = "The record was cut off or altered. Write it out again with `tallystick renew --export`."


class ReceiptInvalid(FormatInvalid):
    """A receipt or a bundle of receipts is malformed."""

    code = "notary.receipt-invalid"
    hint = "The receipt was cut off or altered. Ask for it again: a receipt can be written out any number of times."


class ReceiptTooLarge(ReceiptInvalid):
    """A receipt has more bytes than any honest one."""

    code = "notary.receipt-too-large"

    def __init__(self, size: int, allowed: int, what: str = "receipt") -> None:
        super().__init__(f"the {what} has {size} bytes, at most {allowed} are allowed")
        self.size, self.allowed = size, allowed


class ReceiptVersionUnknown(ReceiptInvalid):
    """A receipt of a version that this program does not know."""

    code = "notary.receipt-version-unknown"
    hint = "The receipt was made by a newer Tallystick. Install the newest version and verify again."

    def __init__(self, version: object, known: int) -> None:
        super().__init__(f"receipt version {str(version)[:20]} is unknown; this program reads version {known}")
        self.version, self.known = version, known


class ProofInvalid(NotaryError):
    """An inclusion proof does not lead to the stated root."""

    code = "notary.proof-invalid"
    hint = "Fetch the receipt again; if it still fails, the evidence or the receipt was altered."

    def __init__(self, index: int, size: int, reason: str) -> None:
        super().__init__(f"inclusion of entry {index} in a tree of {size}: {reason}")
        self.index, self.size = index, size


class ConsistencyInvalid(NotaryError):
    """A consistency proof does not show that the newer tree only appended to the older one."""

    code = "notary.consistency-invalid"
    hint = "Keep both checkpoints: two that do not fit together prove that the log was rewritten."

    def __init__(self, old_size: int, new_size: int, reason: str) -> None:
        super().__init__(f"consistency of a tree of {new_size} with one of {old_size}: {reason}")
        self.old_size, self.new_size = old_size, new_size


class HashTreeInvalid(NotaryError):
    """A reduced hash tree (RFC 4998) does not hold the stated value, or holds what no tree holds."""

    code = "notary.hash-tree-invalid"
    hint = "The evidence record is about other documents, or it was altered."


class EvmProofInvalid(NotaryError):
    """A block header, trie path, transaction receipt or event does not fit the rest of the anchor's proof."""

    code = "notary.evm-proof-invalid"
    hint = "Fetch the receipt again; if it still fails, the anchor's proof was altered."

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason  # a value of verdict.Reason


class StandingInvalid(NotaryError):
    """The ended claims that a receipt shows do not show how its claim stands."""

    code = "notary.standing-invalid"
    hint = "Ask for the receipt again; if it still fails, the receipt was altered."


class ReportInvalid(FormatInvalid):
    """A report that is none, carries no receipts, or states what its format forbids."""

    code = "notary.report-invalid"
    hint = "Ask for the report again as a file: printing it to a new PDF removes the receipts that it carries."


class BundleInvalid(FormatInvalid):
    """A zip that is no bundle of a case, or that is made to harm whoever unpacks it.

    fault  stable: a value of notary.court.zip_entries.ZipFault
    """

    code = "notary.bundle-invalid"
    hint = "Get the bundle from its issuer again; do not unpack this one."

    def __init__(self, fault: str, detail: str) -> None:
        super().__init__(f"{detail} ({fault})")
        self.fault = str(fault)


class BitcoinHeaderInvalid(FormatInvalid):
    """A Bitcoin header, or a file of them, that is malformed, lacks work, or does not hang together."""

    code = "notary.bitcoin-header-invalid"
    hint = "A header is 80 bytes (160 hexadecimal digits); a file has one after the other, without gaps."


class OtsInvalid(NotaryError):
    """An OpenTimestamps proof is malformed, of another document, or contradicted by a block's header.

    reason  stable: "ots-invalid", "ots-digest-differs", "bitcoin-root-differs"
    """

    code = "notary.ots-invalid"
    hint = "Fetch the receipt or the .ots file again; if it still fails, it was altered or belongs to another document."

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class OtsUnconfirmed(NotaryError):
    """An OpenTimestamps proof holds together, but nothing known here says when.

    reason  stable: "ots-pending", "bitcoin-header-unknown", "ots-attestation-unknown"
    """

    code = "notary.ots-unconfirmed"
    hint = "Run `tallystick anchor --upgrade` a day after sealing; give the verifier the header of the block named."

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class SignatureInvalid(NotaryError):
    """No signature of the stated key over the checkpoint is valid."""

    code = "notary.signature-invalid"
    hint = "The checkpoint was altered, or another log's key was given."


class CustodySignatureInvalid(SignatureInvalid):
    """A signature over custody entries is not one of the key, wallet or certificate that it names."""

    code = "notary.custody-signature-invalid"
    hint = "Fetch the receipt again; if it still fails, the custody entries or their signature were altered."
    reason = "custody-signature-invalid"  # stable, as those of verdict.Reason

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(f"{kind} signature: {detail}")
        self.kind = kind


class SignerUnproven(NotaryError):
    """A custody signature may be good, but whose it is cannot be told with what is at hand.

    reason  stable: "erc1271-offline", "signature-unknown", "signature-unsupported", "signer-untrusted",
            "signer-expired"
    """

    code = "notary.signer-unproven"
    hint = "Ask a node with --rpc, or name the certificate's root in the trust file."

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class TokenInvalid(NotaryError):
    """An RFC 3161 time-stamp token or response that cannot be read, or whose own proof does not hold."""

    code = "notary.token-invalid"
    hint = "Ask the time-stamp authority for a new token; if this one comes from a receipt, fetch the receipt again."

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason  # one of those listed in notary/timestamps/tsp.py


class TokenUntrusted(NotaryError):
    """A time-stamp token whose proof holds, but which does not lead to the configured authority."""

    code = "notary.token-untrusted"
    hint = "Compare the token's certificates with the root, policies and revocation lists configured for its authority."

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason  # one of those listed in notary/timestamps/tsp.py

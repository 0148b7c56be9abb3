"""Errors about what leaves the workspace: stored documents, reports, files."""

from __future__ import annotations

from collections.abc import Sequence

from notary.errors import NotaryError
from notary.service_errors.shown import printable


class EnvelopeInvalid(NotaryError):
    """A ciphertext is truncated, altered, or made with another key."""

    code = "notary.envelope-invalid"
    hint = "Fetch it again; if it still fails, the stored copy was altered."

    def __init__(self, reason: str) -> None:
        super().__init__(f"encrypted document: {reason}")


class StorageUnreachable(NotaryError):
    """The IPFS node does not answer."""

    code = "notary.storage-unreachable"
    hint = "Start the node named under [ipfs] in tallystick.toml and run the same command again; it goes on."

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(f"IPFS node at {address}: {reason}")
        self.address = address


class StorageRefused(NotaryError):
    """The IPFS node answered with an error."""

    code = "notary.storage-refused"
    hint = "Read the node's own log; `tallystick doctor` shows its version."

    def __init__(self, address: str, call: str, status: int, reason: str) -> None:
        super().__init__(f"IPFS node at {address} answered {call} with {status}: {reason}")
        self.address, self.status = address, status


class StorageMismatch(NotaryError):
    """The node's bytes are not those that the CID names."""

    code = "notary.storage-mismatch"
    hint = "Do not use these bytes. Fetch from another node."

    def __init__(self, cid: str, reason: str) -> None:
        super().__init__(f"{cid}: {reason}")
        self.cid = cid


class StorageNotConfigured(NotaryError):
    """The workspace has no IPFS node, no folder for ciphertext, or an address that cannot be one."""

    code = "notary.storage-not-configured"
    hint = 'Name a node under [ipfs] in tallystick.toml, for example api = "http://127.0.0.1:5001".'

    def __init__(self, reason: str = "no IPFS node is configured") -> None:
        super().__init__(reason)


class OutputExists(NotaryError):
    """What would be written is there already; nothing is replaced."""

    code = "notary.output-exists"
    hint = "Name another place, or move the file away."

    def __init__(self, path: str) -> None:
        super().__init__(f"{printable(path)} exists")
        self.path = path


class DocumentNotStored(NotaryError):
    """The claim's document was never put into storage from this workspace."""

    code = "notary.document-not-stored"
    hint = "Run `tallystick seal CASE PATH --store ipfs` for it first."

    def __init__(self, claim_id: int) -> None:
        super().__init__(f"sealed file {claim_id} has no stored copy")
        self.claim_id = claim_id


class ReportUnmade(NotaryError):
    """A report cannot be made, or not signed, with what is at hand."""

    code = "notary.report-unmade"
    hint = "The message says what was refused; nothing was written."


class FontsMissing(ReportUnmade):
    """No font is there for a language of the report."""

    code = "notary.fonts-missing"
    hint = (
        "Install Noto fonts (Debian: apt-get install fonts-noto-core fonts-noto-cjk), or name a folder that has them "
        "in TALLYSTICK_FONTS. In a checkout, scripts/setup fetches them."
    )

    def __init__(self, language: str, families: Sequence[str], folders: Sequence[object]) -> None:
        looked = ", ".join(map(str, folders)) or "no folder"
        super().__init__(f"a report in {language} needs the font {' or '.join(families)}; looked in {looked}")
        self.language = language

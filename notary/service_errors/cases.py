"""Errors about cases, what is sealed into them, and their keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from notary.errors import NotaryError
from notary.service_errors.shown import LISTED, printable


@dataclass(frozen=True, slots=True)
class Refusal:
    """One input that cannot be sealed.

    path    as given or found, printable (bytes that are no UTF-8 appear as \\udcXX escapes)
    code    stable: missing, unreadable, socket, fifo, device, symlink, symlink-loop, empty-folder, changed,
            name-too-long, duplicate-name, too-many, too-deep
    reason  one sentence
    """

    path: str
    code: str
    reason: str


class InputsRefused(NotaryError):
    """Some inputs cannot be sealed; nothing was written."""

    code = "notary.inputs-refused"
    hint = "Mend or leave out the inputs listed, then run the same command again; nothing was changed."

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        shown = "; ".join(f"{printable(r.path)}: {r.reason}" for r in refusals[:LISTED])
        more = f"; and {len(refusals) - LISTED} more" if len(refusals) > LISTED else ""
        super().__init__(f"{len(refusals)} input(s) cannot be sealed: {shown}{more}")
        self.refusals = tuple(refusals)


class CaseNameInvalid(NotaryError):
    """A case name has other characters or another length than allowed."""

    code = "notary.case-name-invalid"
    hint = "Use 1 to 63 characters of a-z, 0-9 and '-', beginning with a letter or digit."

    def __init__(self, name: str) -> None:
        super().__init__(f"{printable(name[:80])!r} is not a case name")


class CaseExists(NotaryError):
    """A case of this name is there already."""

    code = "notary.case-exists"
    hint = "Choose another name, or seal into the case that exists."

    def __init__(self, case_id: str) -> None:
        super().__init__(f"case {case_id!r} exists")
        self.case_id = case_id


class CaseUnknown(NotaryError):
    """No case of this name."""

    code = "notary.case-unknown"
    hint = "List the cases with `tallystick case list`, or open one with `tallystick case new`."

    def __init__(self, case_id: str) -> None:
        super().__init__(f"there is no case {printable(case_id[:80])!r}")
        self.case_id = case_id


class ClaimUnknown(NotaryError):
    """No sealed file with this id."""

    code = "notary.claim-unknown"
    hint = "List what a case holds with `tallystick case show CASE`."

    def __init__(self, claim: int | str) -> None:
        super().__init__(f"there is no sealed file {claim!r}")
        self.claim = claim


class ClaimNotInCase(NotaryError):
    """The named place of the log holds no claim of this case, or one that was erased."""

    code = "notary.claim-not-in-case"
    hint = "`tallystick case show CASE --all` lists the entries of a case."

    def __init__(self, case_id: str, leaf_index: int) -> None:
        super().__init__(f"entry {leaf_index} of the log is no claim of case {case_id!r}, or was erased")
        self.case_id, self.leaf_index = case_id, leaf_index


class ActRefused(NotaryError):
    """What was asked cannot be entered in the custody chain."""

    code = "notary.act-refused"
    hint = "`tallystick case custody CASE` shows what was done so far."


class ExhibitUnknown(ActRefused):
    """No current claim of the case is of a file with this name."""

    code = "notary.exhibit-unknown"
    hint = "`tallystick case show CASE` lists the current exhibits with their names and entries."

    def __init__(self, case_id: str, name: str) -> None:
        super().__init__(f"case {case_id!r} has no current exhibit {name!r}")
        self.case_id, self.name = case_id, name


class VaultLocked(NotaryError):
    """A key file is missing, cannot be read, or may be read by others."""

    code = "notary.vault-locked"
    hint = "Keys belong to their owner alone: check that the file is there and run `chmod 600` on it."

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"key file {path}: {reason}")
        self.path = path


class KeyFileUnwritable(VaultLocked):
    """A key file cannot be written: the disk is full, fails, or belongs to somebody else. The old one stands."""

    code = "notary.key-file-unwritable"
    hint = "Make room on the workspace's disk (`df -h`) or give yourself its folder, then run the same command again."


class VaultDamaged(NotaryError):
    """A key file or a wrapped secret does not decode under its key."""

    code = "notary.vault-damaged"
    hint = "Restore the workspace's case-keys folder that belongs to this database."

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(f"{what}: {reason}")


class CaseErased(NotaryError):
    """The case's key was destroyed; its secrets cannot be read any more."""

    code = "notary.case-erased"
    hint = "This was done on purpose and cannot be undone. Receipts handed out before still verify."

    def __init__(self, case_id: str) -> None:
        super().__init__(f"case {case_id!r} was erased")
        self.case_id = case_id


class SourceChanged(NotaryError):
    """A file is no longer what was sealed, so its copy would be another document."""

    code = "notary.source-changed"
    hint = "Seal it again; the new version supersedes the old one, then it can be stored."

    def __init__(self, path: str, sealed: bytes, found: bytes) -> None:
        super().__init__(f"{printable(path)}: sealed as SHA-256 {sealed.hex()[:16]}..., now {found.hex()[:16]}...")
        self.path, self.sealed, self.found = path, sealed, found


class DocumentsChanged(NotaryError):
    """Documents that were to go into a bundle are gone or no longer what was sealed; nothing was written.

    documents  (exhibit, path, what is wrong) each
    """

    code = "notary.documents-changed"
    hint = "Put them back where they were sealed, or name those to include with --document; --documents none omits all."

    def __init__(self, documents: Sequence[tuple[str, str, str]]) -> None:
        shown = "; ".join(f"exhibit {one}, {printable(path)}: {why}" for one, path, why in documents[:LISTED])
        more = f"; and {len(documents) - LISTED} more" if len(documents) > LISTED else ""
        super().__init__(f"{len(documents)} document(s) are not what was sealed: {shown}{more}")
        self.documents = tuple(documents)


class CustodyKeyInvalid(NotaryError):
    """A key file that shall sign custody entries is none, does not open, or is not its certificate's."""

    code = "notary.custody-key-invalid"
    hint = "Correct [custody] in tallystick.toml: a PEM key, its certificate first in the chain, ${NAME} as password."

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"custody key {printable(name)}: {reason}")
        self.name = name

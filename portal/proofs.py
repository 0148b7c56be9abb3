"""OpenTimestamps proofs of any file or digest: made, completed and judged without a case, a log or a chain."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from portal.errors import ArgumentInvalid, FileMissing
from portal.reading import read_bounded

if TYPE_CHECKING:
    from notary.timestamps.bitcoin import Headers
    from notary.timestamps.calendars import Outcome
    from notary.timestamps.ots import OtsProof

SUFFIX: Final = ".ots"
MAX_AT_ONCE: Final = 100_000  # documents under one commitment

_DIGEST: Final = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True)
class Made:
    """Proofs, pending: only promised so far.

    proofs    one .ots file for each digest, in their order
    promised  addresses of the calendars that took the commitment
    failed    why others did not
    """

    proofs: tuple[bytes, ...]
    promised: tuple[str, ...]
    failed: tuple[str, ...]


@dataclass(frozen=True)
class Judged:
    """What a proof shows.

    status  PASSED: the document existed when the block at `height` was made, about `time` (Unix seconds)
    reason  stable; "" when PASSED
    """

    status: Literal["PASSED", "FAILED", "INDETERMINATE"]
    reason: str
    says: str
    height: int | None = None
    time: int | None = None


def digest_of_file(path: Path) -> bytes:
    """SHA-256 of a file.  Raises FileMissing."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as exc:
        raise FileMissing(str(path), exc.strerror or str(exc)) from exc


def digest_of_text(text: str) -> bytes:
    """A SHA-256 digest in hexadecimal.  Raises ArgumentInvalid."""
    if not _DIGEST.fullmatch(text):
        raise ArgumentInvalid("--sha256", text[:80], "it has 64 hexadecimal digits")
    return bytes.fromhex(text)


def stamp(digests: Sequence[bytes], calendars: Sequence[str], needed: int) -> Made:
    """Begin a proof for each digest, all under one commitment, and give that to every calendar.

    digests  SHA-256, 1 to MAX_AT_ONCE
    needed   calendars that must have taken it

    Raises CalendarUnavailable, CalendarRefused, CalendarNotConfigured.
    """
    from notary.service_errors import CalendarUnavailable
    from notary.timestamps import calendars as adapter
    from notary.timestamps import ots

    begun, commitment = ots.many(digests, [secrets.token_bytes(ots.NONCE_BYTES) for _ in digests])
    grafted = adapter.graft(begun, commitment, adapter.submit(commitment, calendars, needed))
    if len(grafted.taken) < needed:
        raise CalendarUnavailable(f"{len(grafted.taken) + 1} of {needed}", "; ".join(grafted.errors))
    proofs = []
    for digest, proof in zip(digests, grafted.proofs, strict=True):
        data = proof.to_bytes()
        if ots.OtsProof.from_bytes(data).digest != digest:  # what is handed out can be read, and is of this digest
            raise AssertionError("a proof was written that is of another digest")
        proofs.append(data)
    promised = sorted({uri for answer in grafted.taken for uri in answer.promises})
    return Made(tuple(proofs), tuple(promised), grafted.errors)


def read(path: Path) -> OtsProof:
    """An .ots file.  Raises FileMissing, FileTooLarge, OtsInvalid."""
    from notary.timestamps.ots import MAX_PROOF_BYTES, OtsProof

    return OtsProof.from_bytes(read_bounded(path, MAX_PROOF_BYTES))


def upgrade(proof: OtsProof, allowed: Sequence[str]) -> tuple[OtsProof, tuple[Outcome, ...]]:
    """The proof with what its calendars know by now, and what each said.  Raises CalendarNotConfigured."""
    from notary.timestamps.calendars import upgrade as ask

    upgraded = ask(proof, allowed)
    return upgraded.proof, upgraded.outcomes


def headers_from(singles: Sequence[str], files: Sequence[str]) -> Headers:
    """Bitcoin headers that the verifier gave: HEIGHT:HEX each, and files of headers as FILE or FILE@HEIGHT.

    Raises TrustInvalid, BitcoinHeaderInvalid; so does the result, where two sources contradict each other.
    """
    from notary.timestamps.bitcoin import BlockHeader, HeaderSources, KnownHeaders
    from notary.timestamps.header_file import HeaderFile
    from notary.verdicts.trust import parse_header
    from portal.trust_files import first_height

    given = [parse_header(text) for text in singles]
    known = [KnownHeaders({one.height: BlockHeader.from_bytes(one.header)}) for one in given]
    places = [first_height(name) for name in files]
    return HeaderSources([*known, *(HeaderFile(Path(path), first) for path, first in places)])


def judge(proof: OtsProof, digest: bytes, headers: Headers) -> Judged:
    """Whether the proof is of `digest` (SHA-256), and which block confirms it.  Raises BitcoinHeaderInvalid."""
    from notary.errors import OtsInvalid, OtsUnconfirmed
    from notary.timestamps import ots
    from notary.timestamps.ots_tree import SHA256

    if proof.hash_tag != SHA256 or proof.digest != digest:
        return Judged("FAILED", ots.DIGEST_DIFFERS, f"the proof is of another document, {proof.digest.hex()}")
    try:
        confirmed = ots.judge(proof, headers)
    except OtsInvalid as exc:
        return Judged("FAILED", exc.reason, str(exc))
    except OtsUnconfirmed as exc:
        return Judged("INDETERMINATE", exc.reason, str(exc))
    says = f"Bitcoin block {confirmed.height} confirms it"
    if confirmed.differing:
        blocks = ", ".join(str(attestation.height) for attestation in confirmed.differing[:5])
        says += f"; it does not lead to block {blocks}, which it names as well"
    return Judged("PASSED", "", says, confirmed.height, confirmed.time)

"""Seal files: every input is found, checked and hashed first; then claims enter the log in batches.

    1  find      walk what was named; anything that cannot be evidence is refused
    2  hash      read every file once; a file that changes meanwhile is refused
       -- up to here nothing was written; one refusal stops the whole call --
    3  compare   with what the case holds: unchanged, moved, a new version, or new
    4  append    one claim and one custody entry for each new file or version; the batch ends with the heads leaf

Steps 3 and 4 are one transaction for each batch, under the log's lock, so a batch is in the log whole or not at all,
and two processes that seal the same files at once leave one claim for each. A call that was cut off is simply made
again: what was sealed is recognised.

A file is known by its absolute path, or, when it was moved, by its name and content. A new version supersedes the claim
at the same path: it carries that entry's leaf hash (`continues`) and its exhibit number, and the custody chain says
that the older claim has ended. A file whose claim was revoked is not sealed again unless the caller asks for it, for a
folder that is sealed every night would take the revocation back.
"""

from __future__ import annotations

import mimetypes
import os
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import sqlalchemy as sa

from notary.context import Progress, silent
from notary.custody.batch import CaseBatch, writing
from notary.custody.chain import Action
from notary.errors import ClaimInvalid
from notary.log import ledger, merkle, standing
from notary.log.ledger import Head
from notary.memory import no_cycle_search
from notary.sealing import cases, commitment
from notary.sealing.claim import Claim, Value, name_fields
from notary.sealing.hashing import EXTRA_DIGESTS, FileDigests, Unhashable, hash_files
from notary.sealing.intake import FoundFile, find_files
from notary.service_errors import InputsRefused, LogNotOpen, Refusal
from notary.store import LOG_OPEN, claims

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from notary.context import NotaryContext
    from notary.custody.vault import CaseKey

BATCH_CLAIMS = 5000  # how long others wait for the lock: about half a second
_IN = 500  # tags in one query

State = Literal["sealed", "superseded", "unchanged", "revoked"]


@dataclass(frozen=True, slots=True)
class Details:
    """What the caller says of all files of one call; empty text: not said.

    kind              contract, invoice, delivery-proof, chat, ...
    captured_at       Unix seconds, UTC
    not_before_block  "chain:number:0xhash" of a finalised block that the caller has seen
    """

    kind: str = ""
    captured_at: int | None = None
    captured_by: str = ""
    source: str = ""
    not_before_block: str = ""


NO_DETAILS = Details()


@dataclass(frozen=True, slots=True)
class SealedFile:
    """One file of the call.

    state       sealed: new in this case; superseded: a new version, its predecessor is superseded; unchanged;
                revoked: unchanged, but its claim was revoked, and no new one was made
    leaf_index  place of its claim in the log
    sha256      32 bytes
    log_id      row id of that log: an unchanged file may stand in one that gave way to the present one
    """

    path: str
    name: str
    size: int
    sha256: bytes
    state: State
    leaf_index: int
    log_id: int


@dataclass(frozen=True, slots=True)
class SealResult:
    """What a call did.

    head     the log's newest checkpoint afterwards; of 0 entries and without a note where all is unchanged, and stands
             in logs that gave way to this one, which is empty still
    skipped  folders of our own that were left out
    """

    case_id: str
    files: tuple[SealedFile, ...]
    head: Head
    skipped: tuple[str, ...]

    def count(self, state: State) -> int:
        return sum(file.state == state for file in self.files)


def seal(
    ctx: NotaryContext,
    case_id: str,
    paths: Sequence[str | os.PathLike[str]],
    *,
    details: Details = NO_DETAILS,
    extra_digests: Sequence[str] = (),
    again: bool = False,
    progress: Progress = silent,
    batch_claims: int = BATCH_CLAIMS,
) -> SealResult:
    """Seal the files that `paths` name into a case.

    paths          files and folders
    extra_digests  names from hashing.EXTRA_DIGESTS, computed in the same pass
    again          make a new claim for an unchanged file whose claim was revoked; that one stays revoked
    batch_claims   claims in one transaction

    Raises InputsRefused, CaseUnknown, CaseErased, VaultLocked, VaultDamaged, LogUnknown, LogNotOpen, LogBusy,
    LogDamaged, ClaimInvalid (details that no claim may hold). After InputsRefused and ClaimInvalid nothing has changed.
    """
    unknown = [name for name in extra_digests if name not in EXTRA_DIGESTS]
    if unknown:
        raise ClaimInvalid(f"unknown digest {unknown[0][:40]!r}; known: {', '.join(EXTRA_DIGESTS)}")
    key = cases.case_key(ctx, case_id)
    with ctx.engine.connect() as connection:
        log = ledger.log_of(connection, ctx.note_key)
    if log.state != LOG_OPEN:
        raise LogNotOpen(log.origin, log.state)
    with no_cycle_search():
        found = find_files(paths, exclude=ctx.exclude)
    if found.refused or not found.files:
        raise InputsRefused(found.refused or [Refusal("", "empty-folder", "no file was named")])
    hashed = _hash(found.files, extra_digests, progress)
    template = _template(ctx, key, details)
    _claim(template, hashed[0], "1")  # wrong details are refused before anything is written
    sealed: list[SealedFile] = []
    for start in range(0, len(hashed), batch_claims):
        with writing(ctx) as connection, no_cycle_search():
            sealed += _Batch(ctx, connection, case_id, template, again).run(hashed[start : start + batch_claims])
        progress("seal", len(sealed), len(hashed), "files")
    with ctx.engine.connect() as connection:
        head = ledger.head(connection, log.id)
    return SealResult(case_id, tuple(sealed), head or Head(0, merkle.EMPTY_ROOT, ""), found.skipped)


@dataclass(frozen=True, slots=True)
class _Hashed:
    """path, name: as on disk"""

    found: FoundFile
    digests: FileDigests
    path: bytes
    name: bytes


def _hash(files: Sequence[FoundFile], extra: Sequence[str], progress: Progress) -> list[_Hashed]:
    total, done = sum(file.size for file in files), 0

    def advance(_files: int, size: int) -> None:
        nonlocal done
        done += size
        progress("hash", done, total, "bytes")

    outcomes = hash_files([(file.path, file.size) for file in files], extra, advance=advance)
    with no_cycle_search():
        pairs = list(zip(files, outcomes, strict=True))
        refused = [Refusal(file.path, why.code, why.reason) for file, why in pairs if isinstance(why, Unhashable)]
        if refused:
            raise InputsRefused(refused)
        return [
            _Hashed(file, digests, os.fsencode(file.path), os.fsencode(file.name))
            for file, digests in pairs
            if isinstance(digests, FileDigests)
        ]


def _template(ctx: NotaryContext, key: CaseKey, details: Details) -> dict[str, Value | None]:
    return {
        "case": key.case_id,
        "case_blinded": key.blinded.hex(),
        "kind": details.kind or None,
        "captured_at": details.captured_at,
        "captured_by": details.captured_by or None,
        "source": details.source or None,
        "tool": ctx.tool,
        "not_before_block": details.not_before_block or None,
    }


def _claim(template: dict[str, Value | None], file: _Hashed, exhibit: str, **further: str | None) -> Claim:
    name, name_bytes = name_fields(file.name)
    return Claim.of(
        {
            **template,
            "exhibit": exhibit,
            "name": name,
            "name_bytes": name_bytes,
            "media_type": media_type(name),
            "size": file.digests.size,
            "sha256": file.digests.sha256.hex(),
            **{digest: value.hex() for digest, value in file.digests.extra},
            **further,
        }
    )


_MEDIA_TYPES = mimetypes.MimeTypes()  # the library's own table, not the machine's: the same file, the same claim
_PACKED = {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}


def media_type(name: str) -> str | None:
    """What a file's ending says of its kind; None where it says nothing. The content is not looked at."""
    endings = name.rpartition("/")[2].lstrip(".").split(".")[1:]
    return _media_type(".".join(endings[-2:]))


@lru_cache(1024)
def _media_type(endings: str) -> str | None:
    kind, packing = _MEDIA_TYPES.guess_type(f"file.{endings}", strict=False)
    return kind if packing is None else _PACKED.get(packing)


@dataclass(frozen=True, slots=True)
class _Current:
    """A claim of the case that no later one supersedes, as the comparison needs it; in whichever log it is."""

    id: int
    log_id: int
    leaf_index: int
    commitment: bytes
    path_tag: bytes
    content_tag: bytes
    secret: bytes


@dataclass(frozen=True, slots=True)
class _New:
    """A file to append, with the claim that it supersedes."""

    file: _Hashed
    path_tag: bytes
    content_tag: bytes
    before: _Current | None


class _Batch:
    """One transaction: compare, then append what is new."""

    def __init__(
        self, ctx: NotaryContext, connection: Connection, case_id: str, template: dict[str, Value | None], again: bool
    ) -> None:
        self.connection, self.template, self.again = connection, template, again
        self.batch = CaseBatch(ctx, connection, case_id)
        self.key, self.log_id = self.batch.key, self.batch.log.id

    def run(self, files: Sequence[_Hashed]) -> list[SealedFile]:
        tags = [(self._path_tag(file), self._content_tag(file)) for file in files]
        at_path = {row.path_tag: row for row in self._current(claims.c.path_tag, [path for path, _ in tags])}
        moved_tags = [content for path, content in tags if path not in at_path]
        of_content = {row.content_tag: row for row in self._current(claims.c.content_tag, moved_tags)}
        done: list[SealedFile] = []
        new: list[_New] = []
        for file, (path_tag, content_tag) in zip(files, tags, strict=True):
            before = at_path.get(path_tag) or of_content.get(content_tag)
            revoked = before is not None and self.batch.ended(before.commitment) is standing.State.REVOKED
            if before is not None and before.content_tag == content_tag and not (revoked and self.again):
                if before.path_tag != path_tag:
                    self._move(before, file, path_tag)
                state: State = "revoked" if revoked else "unchanged"
                done.append(_sealed(file, state, before.leaf_index, before.log_id))
            else:
                place = self.batch.log.size + len(new)
                done.append(_sealed(file, "sealed" if before is None else "superseded", place, self.log_id))
                new.append(_New(file, path_tag, content_tag, before))
        if new:
            self._append(new)
        return done

    def _path_tag(self, file: _Hashed) -> bytes:
        return path_tag(self.key, file.path)

    def _content_tag(self, file: _Hashed) -> bytes:
        return content_tag(self.key, file.digests.sha256, file.digests.size, file.name)

    def _current(self, column: sa.Column[bytes], tags: Sequence[bytes]) -> Iterable[_Current]:
        for start in range(0, len(tags), _IN):
            query = sa.select(
                claims.c.id,
                claims.c.log_id,
                claims.c.leaf_index,
                claims.c.commitment,
                claims.c.path_tag,
                claims.c.content_tag,
                claims.c.secret,
            ).where(
                claims.c.case_id == self.key.case_id,
                claims.c.superseded_by.is_(None),
                claims.c.secret.is_not(None),
                column.in_(tags[start : start + _IN]),
            )
            yield from (_Current(*row) for row in self.connection.execute(query))

    def _move(self, before: _Current, file: _Hashed, path_tag: bytes) -> None:
        claim, secret, _ = cases.unwrap_claim(self.key, before.commitment, before.secret)
        self.connection.execute(
            sa.update(claims)
            .where(claims.c.id == before.id)
            .values(path_tag=path_tag, secret=cases.wrap_claim(self.key, before.commitment, claim, secret, file.path))
        )

    def _append(self, new: Sequence[_New]) -> None:
        exhibit = self._exhibits()
        superseded: list[dict[str, int]] = []
        for one in new:
            before, last = one.before, self.batch.custody_head
            if before is None:
                exhibit += 1
            claim = _claim(
                self.template,
                one.file,
                str(exhibit) if before is None else self._exhibit_of(before),
                continues=None if before is None else merkle.leaf_hash(commitment.claim_entry(before.commitment)).hex(),
                custody=None if last is None else last.hex(),
            )
            if before is not None:
                superseded.append({"old": before.id, "new": self.batch.next_index})
            committed = self.batch.enter(
                claim,
                secrets.token_bytes(commitment.SECRET_SIZE),
                one.file.path,
                (one.path_tag, one.content_tag),
            )
            self.batch.act(Action.SEALED, committed)
            if before is not None:
                self.batch.end(Action.SUPERSEDED, before.commitment)
        if superseded:
            self.connection.execute(
                sa.update(claims).where(claims.c.id == sa.bindparam("old")).values(superseded_by=sa.bindparam("new")),
                superseded,
            )
        self.batch.close()

    def _exhibits(self) -> int:
        """How many exhibits the case has: its claims without those that a later version supersedes."""
        return self.connection.execute(
            sa.select(sa.func.count())
            .select_from(claims)
            .where(claims.c.case_id == self.key.case_id, claims.c.superseded_by.is_(None))
        ).scalar_one()

    def _exhibit_of(self, before: _Current) -> str:
        claim, _, _ = cases.unwrap_claim(self.key, before.commitment, before.secret)
        return str(claim.get("exhibit"))


def path_tag(key: CaseKey, path: bytes) -> bytes:
    """32 bytes that find the current claim of the file at this absolute path."""
    return key.tag("path", path)


def content_tag(key: CaseKey, sha256: bytes, size: int, name: bytes) -> bytes:
    """32 bytes that find a claim of this content under this name (as on disk)."""
    return key.tag("content", sha256 + size.to_bytes(8, "big") + name)


def _sealed(file: _Hashed, state: State, leaf_index: int, log_id: int) -> SealedFile:
    digests = file.digests
    return SealedFile(file.found.path, file.found.name, digests.size, digests.sha256, state, leaf_index, log_id)

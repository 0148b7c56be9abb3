"""notary.court.export: a document that changes between hashing and copying never gets into a bundle."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest
from support import sealed

from notary.court.export import Collected, Document, Statement, write
from notary.sealing.cases import Case
from notary.sealing.hashing import FileDigests
from notary.service_errors import DocumentsChanged, SourceChanged
from notary.verdicts.trust import Trust

DATA = b"as it was hashed"


def collected(source: Path) -> Collected:
    receipts = tuple(sealed.seal([DATA]).receipts)
    read = FileDigests(len(DATA), hashlib.sha256(DATA).digest())
    return Collected(Case("c", "", (), 0, 1, 1), receipts, (Document("7", str(source), read),), (), ())


def written(source: Path) -> bytes:
    out = io.BytesIO()
    write(out, collected(source), Statement(1_790_000_000, Trust()))
    return out.getvalue()


def test_write_takes_a_document_that_is_as_it_was_hashed(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(DATA)
    assert DATA in written(tmp_path / "a")


@pytest.mark.parametrize("data", [DATA + b"!", DATA[:-1], DATA[:-1] + b"!", b""])
def test_write_refuses_a_document_that_changed_since(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(SourceChanged):
        written(tmp_path / "a")


def test_write_refuses_a_document_that_went_away_since(tmp_path: Path) -> None:
    with pytest.raises(DocumentsChanged, match=r"exhibit 7, .*: No such file"):
        written(tmp_path / "a")

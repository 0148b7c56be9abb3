"""What was sealed is verified at once, from the rows; a row that was damaged meanwhile is told, and by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.notaryworld import World, world

from notary.proofs import receipts
from notary.sealing.seal import SealResult, seal
from notary.sealing.selfcheck import verify_sealed
from notary.service_errors import SealedUnverified
from notary.store import log_tiles


@pytest.fixture
def w(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        yield made


def sealed(w: World, count: int = 5) -> SealResult:
    w.put_many(count)
    return seal(w.ctx, "acme", [str(w.files)])


class TestVerifySealed:
    def test_every_new_receipt_is_verified_and_unchanged_files_are_not(self, w: World) -> None:
        told: list[tuple[str, int, int]] = []
        assert verify_sealed(w.ctx, sealed(w), lambda step, done, total, unit: told.append((step, done, total))) == 5
        assert told == [("verify", 5, 5)]
        w.put("f00000.txt", b"a new version")
        again = seal(w.ctx, "acme", [str(w.files)])
        assert (again.count("superseded"), again.count("unchanged")) == (1, 4)
        assert verify_sealed(w.ctx, again) == 1
        assert verify_sealed(w.ctx, seal(w.ctx, "acme", [str(w.files)])) == 0

    def test_a_file_that_is_not_what_was_hashed_is_named(self, w: World) -> None:
        done = sealed(w)
        other = replace(done.files[3], sha256=bytes(32))
        with pytest.raises(SealedUnverified, match=r"f00003\.txt.*check 2") as caught:
            verify_sealed(w.ctx, replace(done, files=(*done.files[:3], other, *done.files[4:])))
        assert caught.value.path == done.files[3].path

    def test_a_claim_that_is_gone_is_named(self, w: World) -> None:
        done = sealed(w)
        lost = replace(done.files[0], leaf_index=999)
        with pytest.raises(SealedUnverified, match="its claim is not there"):
            verify_sealed(w.ctx, replace(done, files=(lost,)))

    def test_a_damaged_row_of_the_log_is_told(self, w: World) -> None:
        done = sealed(w)
        with w.ctx.engine.begin() as connection:
            hashes = connection.execute(sa.select(log_tiles.c.data).where(log_tiles.c.level == 0)).scalar_one()
            damaged = bytes([hashes[0] ^ 1]) + hashes[1:]
            connection.execute(sa.update(log_tiles).values(data=damaged).where(log_tiles.c.level == 0))
        with pytest.raises(SealedUnverified, match="does not verify: check 6, case head is in the log"):
            verify_sealed(w.ctx, done)

    def test_the_receipts_that_are_exported_are_those_that_were_verified(self, w: World, tmp_path: Path) -> None:
        done = sealed(w, 3)
        assert verify_sealed(w.ctx, done) == len(receipts.export(w.ctx, "acme", tmp_path / "out")) == 3

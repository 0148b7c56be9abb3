from __future__ import annotations

from collections.abc import Iterator

import pytest

from notary import keccak
from notary.keccak import keccak256


@pytest.fixture
def fresh() -> Iterator[None]:
    """Lets a test choose the implementation anew."""
    keccak._implementation.cache_clear()
    yield
    keccak._implementation.cache_clear()


class TestKeccak256:
    @pytest.mark.parametrize(
        ("data", "digest"),
        [
            (b"", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
            (b"abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
            (b"testing", "5f16f4c7f149ac4f9510d9cf8cf384038ad348b3bcdc01915f95de12df9d1b02"),
        ],
    )
    def test_known_digests(self, data: bytes, digest: str) -> None:
        assert keccak256(data).hex() == digest

    @pytest.mark.parametrize("size", [1, 135, 136, 137, 272, 100_000])
    def test_both_doors_agree_around_block_boundaries_and_zero_bytes(self, size: int) -> None:
        for data in (b"\0" * size, b"\xff" * size):
            assert keccak256(data) == keccak._through_pycryptodome(data)

    def test_the_short_door_is_open_here(self) -> None:
        assert keccak._through_ctypes() is not None

    @pytest.mark.usefixtures("fresh")
    def test_a_library_that_is_not_there_or_answers_wrongly_is_not_used(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for broken in (None, lambda data: b"\0" * 32):
            keccak._implementation.cache_clear()
            monkeypatch.setattr(keccak, "_through_ctypes", lambda broken=broken: broken)
            assert keccak._implementation() is keccak._through_pycryptodome
            assert keccak256(b"abc").hex().startswith("4e03657a")

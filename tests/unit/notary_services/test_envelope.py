"""notary.sharing.envelope: documents encrypted in chunks, and their keys wrapped."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator

import pytest

from notary.service_errors import EnvelopeInvalid
from notary.sharing import envelope
from notary.sharing.envelope import (
    CHUNK_BYTES,
    HEADER_BYTES,
    TAG_BYTES,
    WRAPPED_KEY_BYTES,
    ciphertext_size,
    decrypt,
    encrypt,
    new_content_key,
    new_recipient_seed,
    recipient,
    unwrap_key,
    wrap_key,
)

KEY = new_content_key()


def pieces(data: bytes, size: int = CHUNK_BYTES) -> Iterator[bytes]:
    return (data[i : i + size] for i in range(0, len(data), size))


def sealed(data: bytes, key: bytes = KEY) -> bytes:
    return b"".join(encrypt(key, pieces(data)))


def opened(ciphertext: bytes, key: bytes = KEY, size: int = 70_000) -> bytes:
    return b"".join(decrypt(key, pieces(ciphertext, size)))


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(envelope, "CHUNK_BYTES", 100)
    return 100


def sealed_small(data: bytes) -> bytes:
    return b"".join(encrypt(KEY, pieces(data, 100)))


class TestDocument:
    @pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES])
    def test_decrypt_gives_back_what_was_encrypted_at_every_chunk_boundary(self, size: int) -> None:
        data = os.urandom(size)
        ciphertext = sealed(data)
        assert len(ciphertext) == ciphertext_size(size)
        assert opened(ciphertext) == data

    @pytest.mark.parametrize("size", [1, HEADER_BYTES, HEADER_BYTES + 1, 117, 10_000])
    def test_decrypt_takes_pieces_of_any_size(self, small_chunks: int, size: int) -> None:
        data = os.urandom(777)
        assert opened(sealed_small(data), size=size) == data

    def test_encrypt_never_gives_the_same_ciphertext_twice(self) -> None:
        assert sealed(b"x") != sealed(b"x")

    def test_encrypt_refuses_a_short_chunk_that_is_not_the_last(self) -> None:
        with pytest.raises(ValueError, match="chunk 0"):
            list(encrypt(KEY, [b"x", b"y"]))
        with pytest.raises(ValueError, match="chunk 0"):
            list(encrypt(KEY, [bytes(CHUNK_BYTES + 1)]))

    def test_decrypt_refuses_every_flipped_bit(self, small_chunks: int) -> None:
        ciphertext = sealed_small(os.urandom(250))
        for place in range(len(ciphertext)):
            changed = bytearray(ciphertext)
            changed[place] ^= 0x80
            with pytest.raises(EnvelopeInvalid):
                opened(bytes(changed))

    def test_decrypt_refuses_every_truncation_and_any_addition(self, small_chunks: int) -> None:
        ciphertext = sealed_small(os.urandom(300))
        for length in range(len(ciphertext)):
            with pytest.raises(EnvelopeInvalid):
                opened(ciphertext[:length])
        with pytest.raises(EnvelopeInvalid):
            opened(ciphertext + b"\0")

    def test_decrypt_refuses_chunks_reordered_repeated_or_dropped(self, small_chunks: int) -> None:
        ciphertext, chunk = sealed_small(os.urandom(350)), 100 + TAG_BYTES
        head, body = ciphertext[:HEADER_BYTES], ciphertext[HEADER_BYTES:]
        one, two, rest = body[:chunk], body[chunk : 2 * chunk], body[2 * chunk :]
        assert opened(head + one + two + rest)
        for changed in (two + one + rest, one + one + two + rest, two + rest, one + rest, one + two):
            with pytest.raises(EnvelopeInvalid):
                opened(head + changed)

    def test_decrypt_refuses_a_chunk_of_another_document_under_the_same_key(self, small_chunks: int) -> None:
        first, second = sealed_small(os.urandom(150)), sealed_small(os.urandom(150))
        with pytest.raises(EnvelopeInvalid):
            opened(first[: HEADER_BYTES + 100 + TAG_BYTES] + second[HEADER_BYTES + 100 + TAG_BYTES :])

    def test_decrypt_refuses_another_key(self) -> None:
        with pytest.raises(EnvelopeInvalid):
            opened(sealed(b"x"), new_content_key())

    def test_decrypt_refuses_another_format(self) -> None:
        with pytest.raises(EnvelopeInvalid, match="version 1"):
            opened(b"x" * 100)

    @pytest.mark.parametrize("size", [0, envelope.MAX_CHUNK_BYTES + 1, 2**32 - 1])
    def test_decrypt_refuses_chunk_sizes_out_of_bounds_before_it_reads_on(self, size: int) -> None:
        header = envelope.MAGIC + size.to_bytes(4, "big") + bytes(7)

        def endless() -> Iterator[bytes]:
            yield header
            raise AssertionError("read on")

        with pytest.raises(EnvelopeInvalid, match="chunks of"):
            list(decrypt(KEY, endless()))


class TestKey:
    def test_unwrap_gives_the_key_to_its_recipient_for_its_document(self) -> None:
        seed, digest = new_recipient_seed(), hashlib.sha256(b"doc").digest()
        wrapped = wrap_key(recipient(seed), KEY, digest)
        assert len(wrapped) == WRAPPED_KEY_BYTES
        assert unwrap_key(seed, wrapped, digest) == KEY
        assert wrapped != wrap_key(recipient(seed), KEY, digest)

    def test_unwrap_refuses_another_recipient_or_document(self) -> None:
        seed, digest = new_recipient_seed(), hashlib.sha256(b"doc").digest()
        wrapped = wrap_key(recipient(seed), KEY, digest)
        with pytest.raises(EnvelopeInvalid):
            unwrap_key(new_recipient_seed(), wrapped, digest)
        with pytest.raises(EnvelopeInvalid):
            unwrap_key(seed, wrapped, hashlib.sha256(b"other").digest())

    def test_unwrap_refuses_altered_or_shorter_keys(self) -> None:
        seed, digest = new_recipient_seed(), bytes(32)
        wrapped = wrap_key(recipient(seed), KEY, digest)
        for place in (0, 1087, 1088, 1119, 1120, len(wrapped) - 1):  # ML-KEM part, X25519 part, sealed key
            changed = bytearray(wrapped)
            changed[place] ^= 1
            with pytest.raises(EnvelopeInvalid):
                unwrap_key(seed, bytes(changed), digest)
        with pytest.raises(EnvelopeInvalid, match="1167"):
            unwrap_key(seed, wrapped[:-1], digest)

    def test_recipient_has_the_same_id_for_the_same_seed_only(self) -> None:
        seed = new_recipient_seed()
        assert recipient(seed).key_id == recipient(seed).key_id != recipient(new_recipient_seed()).key_id
        with pytest.raises(ValueError, match="96 bytes"):
            recipient(seed[:-1])

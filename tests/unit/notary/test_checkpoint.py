from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from notary.errors import CheckpointInvalid, SignatureInvalid
from notary.log import checkpoint
from notary.log.checkpoint import Checkpoint, NoteSignature, SignedCheckpoint

KEY = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
PUBLIC = KEY.public_key().public_bytes_raw()
STATE = Checkpoint("tallystick.local/0badcafe", 9, b"\x02" * 32)
NOTE = checkpoint.sign(STATE, PUBLIC, KEY.sign)


class TestKeyId:
    @pytest.mark.parametrize(
        ("name", "expected", "key"),
        [  # published verifier keys: Go's note package documentation, and Go's checksum database
            ("PeterNeumann", "c74f20a3", "ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"),
            ("sum.golang.org", "033de0ae", "Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"),
        ],
    )
    def test_it_is_that_of_published_keys(self, name: str, expected: str, key: str) -> None:
        algorithm, public = base64.b64decode(key)[:1], base64.b64decode(key)[1:]
        assert algorithm == b"\x01"
        assert checkpoint.key_id(name, public).hex() == expected


class TestSign:
    def test_the_note_has_the_lines_of_the_standard(self) -> None:
        lines = NOTE.to_text().split("\n")
        assert lines[:4] == ["tallystick.local/0badcafe", "9", base64.b64encode(b"\x02" * 32).decode(), ""]
        dash, name, blob = lines[4].split(" ")
        assert (dash, name, lines[5]) == ("—", "tallystick.local/0badcafe", "")
        assert base64.b64decode(blob)[:4] == checkpoint.key_id(STATE.origin, PUBLIC)
        KEY.public_key().verify(base64.b64decode(blob)[4:], "\n".join(lines[:3]).encode() + b"\n")


class TestSignedCheckpoint:
    def test_a_note_reads_back_with_extensions_and_further_signatures(self) -> None:
        witness = NoteSignature("witness.example/w1", b"\1\2\3\4", b"\5" * 72)
        note = SignedCheckpoint(
            replace(STATE, extensions=("ext one", "— not a signature")), (*NOTE.signatures, witness)
        )
        assert SignedCheckpoint.from_text(note.to_text()) == note

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("9\n", "09\n"),
            ("9\n", "+9\n"),
            ("9\n", "9007199254740992\n"),
            ("9\n", "٩\n"),
            ("AgIC", "AgI"),
            ("\n\n", "\n"),
            ("\n\n", "\n\n\n"),
            ("—", "-"),
            ("tallystick", "tally stick"),
            ("tallystick", "tally+stick"),
            ("\n", "\r\n"),
            ("tallystick.local/0badcafe\n9", "9"),
        ],
    )
    def test_another_form_is_refused(self, old: str, new: str) -> None:
        assert old in NOTE.to_text()
        with pytest.raises(CheckpointInvalid):
            SignedCheckpoint.from_text(NOTE.to_text().replace(old, new))

    @pytest.mark.parametrize(
        "text", ["", "\n\n", "a\n1\n", NOTE.to_text()[:-1], NOTE.to_text() + "x", NOTE.to_text() + "\n"]
    )
    def test_pieces_are_refused(self, text: str) -> None:
        with pytest.raises(CheckpointInvalid):
            SignedCheckpoint.from_text(text)

    def test_a_root_with_other_letters_than_ascii_is_refused(self) -> None:
        text = NOTE.to_text().replace(base64.b64encode(STATE.root).decode(), "é" * 44)
        with pytest.raises(CheckpointInvalid, match="not base64"):
            SignedCheckpoint.from_text(text)

    def test_a_signature_of_one_byte_is_read_and_an_empty_one_is_not(self) -> None:
        line = NoteSignature("witness", b"\1\2\3\4", b"\5")
        assert SignedCheckpoint.from_text(SignedCheckpoint(STATE, (line,)).to_text()).signatures == (line,)
        with pytest.raises(CheckpointInvalid, match="signature line"):
            SignedCheckpoint.from_text(SignedCheckpoint(STATE, (replace(line, signature=b""),)).to_text())

    def test_16_kib_pass(self) -> None:
        room = checkpoint.MAX_BYTES - len(NOTE.to_text()) - 1
        note = SignedCheckpoint(replace(STATE, extensions=("x" * room,)), NOTE.signatures)
        assert SignedCheckpoint.from_text(note.to_text()) == note
        with pytest.raises(CheckpointInvalid, match="16384"):
            SignedCheckpoint.from_text(note.to_text().replace("xx", "xxx", 1))

    def test_64_signatures_pass_and_65_are_refused(self) -> None:
        line = NoteSignature("w", b"\0" * 4, b"\0" * 64)
        assert SignedCheckpoint.from_text(SignedCheckpoint(STATE, (line,) * 64).to_text()).signatures == (line,) * 64
        with pytest.raises(CheckpointInvalid, match="64"):
            SignedCheckpoint.from_text(SignedCheckpoint(STATE, (line,) * 65).to_text())

    def test_a_text_of_more_than_16_kib_is_refused(self) -> None:
        with pytest.raises(CheckpointInvalid, match="16384"):
            SignedCheckpoint.from_text(NOTE.to_text() + "x" * 16384)


class TestVerify:
    def test_the_logs_own_key_passes_beside_other_signatures(self) -> None:
        witness = NoteSignature("witness", b"\1\2\3\4", b"\5" * 64)
        checkpoint.verify(NOTE, PUBLIC)
        checkpoint.verify(SignedCheckpoint(STATE, (witness, *NOTE.signatures)), PUBLIC)

    def test_another_key_state_or_signature_is_refused(self) -> None:
        other = Ed25519PrivateKey.from_private_bytes(b"\x03" * 32).public_key().public_bytes_raw()
        line = NOTE.signatures[0]
        forged = replace(line, signature=bytes([line.signature[0] ^ 1]) + line.signature[1:])
        for note, key in (
            (NOTE, other),
            (SignedCheckpoint(replace(STATE, size=10), NOTE.signatures), PUBLIC),
            (SignedCheckpoint(STATE, (forged,)), PUBLIC),
            (SignedCheckpoint(STATE, (replace(line, signature=line.signature[:63]),)), PUBLIC),
            (SignedCheckpoint(STATE, (replace(line, name="witness"),)), PUBLIC),
            (SignedCheckpoint(STATE, ()), PUBLIC),
            (SignedCheckpoint(STATE, (line, line)), PUBLIC),
            (NOTE, PUBLIC[:31]),
        ):
            with pytest.raises(SignatureInvalid):
                checkpoint.verify(note, key)


class TestCheckpoint:
    def test_the_largest_state_passes(self) -> None:
        largest = Checkpoint("x" * 255, 2**53 - 1, b"\0" * 32, ("x",) * 16)
        assert SignedCheckpoint.from_text(SignedCheckpoint(largest, NOTE.signatures).to_text()).checkpoint == largest

    @pytest.mark.parametrize(
        "change",
        [
            {"origin": ""},
            {"origin": "a b"},
            {"origin": "a+b"},
            {"origin": "x" * 256},
            {"size": -1},
            {"size": 2**53},
            {"root": b"\0" * 31},
            {"extensions": ("",)},
            {"extensions": ("a\nb",)},
            {"extensions": ("x",) * 17},
        ],
    )
    def test_what_breaks_the_rules_is_refused(self, change: dict[str, object]) -> None:
        with pytest.raises(CheckpointInvalid):
            replace(STATE, **change)  # type: ignore[arg-type]

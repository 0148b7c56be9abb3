"""The format of signing records: one canonical file, what none may say, and what is signed."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from support.signing import RECORD, record

from notary import jcs
from notary.custody.signatures import Ed25519Signature, UnknownSignature, X509Signature
from portal.errors import SigningRecordInvalid
from portal.signing.record import (
    BEGINNING,
    MAX_BYTES,
    MAX_EVIDENCE,
    MAX_LANGUAGES,
    MAX_NAME,
    Evidence,
    Kind,
    SignedRecord,
)

SIGNED = SignedRecord(RECORD, (Ed25519Signature(b"\x07" * 32, b"\x08" * 64),))
DATA = SIGNED.to_bytes()


def refused(data: bytes) -> str:
    with pytest.raises(SigningRecordInvalid) as error:
        SignedRecord.from_bytes(data, "r.json")
    assert str(error.value).startswith("r.json: ")
    return str(error.value)


def bent(member: str, value: object) -> bytes:
    top = json.loads(DATA)
    top["record"][member] = value
    return jcs.dumps(top)


class TestFile:
    def test_reads_back_as_it_was_written(self) -> None:
        assert SignedRecord.from_bytes(DATA) == SIGNED
        assert SignedRecord.from_bytes(DATA).to_bytes() == DATA
        assert DATA.startswith(BEGINNING)

    def test_unknown_signature_is_kept_and_binds_nobody(self) -> None:
        held = SignedRecord(record(evidence=()), (UnknownSignature(b'{"type":"next"}'),))
        assert SignedRecord.from_bytes(held.to_bytes()) == held
        assert not held.binds

    @pytest.mark.parametrize("data", [b"", b"{", b"[]", b"{}", b"\xff", DATA + b"\n", b" " + DATA, DATA[:-1]])
    def test_anything_but_the_one_file_is_refused(self, data: bytes) -> None:
        refused(data)

    def test_longest_is_read_and_a_longer_one_is_not(self) -> None:
        assert "allowed" in refused(b" " * (MAX_BYTES + 1))

    @pytest.mark.parametrize(
        ("member", "value"),
        [
            ("role", "payer"),
            ("role", ["debtor"]),
            ("name", ""),
            ("name", " Aurora"),
            ("name", "Aur\u202eora"),
            ("name", "two\nlines"),
            ("name", 7),
            ("address", "0x" + "AB" * 20),
            ("address", "0x" + "ab" * 19),
            ("plan_id", "ab" * 32),
            ("chain_id", 0),
            ("chain_id", True),
            ("commitment", "0x" + "ab" * 32),
            ("agreement", {"sha256": "ab" * 32}),
            ("agreement", False),
            ("languages", []),
            ("languages", ["pt-BR", "pt-BR"]),
            ("languages", ["Portuguese (Brazil)"]),
            ("languages", [7]),
            ("languages", "pt-BR"),
            ("evidence", [{"kind": "passport", "sha256": "ab" * 32, "size": 1}]),
            ("evidence", [{"kind": "other", "sha256": "ab" * 32, "size": -1}]),
            ("evidence", [{"kind": "other", "sha256": "ab" * 32, "size": 1}] * 2),
            ("signature_level", "very"),
            ("shown_at", RECORD.signed_at + 1),
            ("signed_at", RECORD.made_at + 1),
            ("made_at", 2**40 + 1),
            ("program", ""),
            ("salt", "66" * 31),
            ("remark", "more"),
        ],
    )
    def test_value_out_of_bounds_is_refused(self, member: str, value: object) -> None:
        refused(bent(member, value))

    def test_each_member_is_needed(self) -> None:
        for name in RECORD.to_json():
            top = json.loads(DATA)
            del top["record"][name]
            refused(jcs.dumps(top))

    def test_another_version_is_refused_by_its_number(self) -> None:
        top = json.loads(DATA)
        top["version"] = 2
        assert "version" in refused(jcs.dumps(top))

    def test_every_flipped_bit_is_refused_or_another_record(self) -> None:
        rng = random.Random(5)
        for _ in range(1500):
            place, bit = rng.randrange(len(DATA)), 1 << rng.randrange(8)
            mutant = DATA[:place] + bytes([DATA[place] ^ bit]) + DATA[place + 1 :]
            try:
                read = SignedRecord.from_bytes(mutant)
            except SigningRecordInvalid:
                continue
            assert read != SIGNED  # what is read is what is there: a changed file never reads as the old one
            assert read.to_bytes() == mutant


class TestRecord:
    def test_bounds_come_in_pairs(self) -> None:
        assert record(name="a" * MAX_NAME).name
        with pytest.raises(SigningRecordInvalid):
            record(name="a" * (MAX_NAME + 1))
        languages = [f"x{chr(97 + n)}" for n in range(MAX_LANGUAGES + 1)]
        assert record(languages=tuple(languages[:-1]))
        with pytest.raises(SigningRecordInvalid):
            record(languages=tuple(languages))
        documents = [Evidence(Kind.OTHER, bytes([n]) * 32, n) for n in range(MAX_EVIDENCE + 1)]
        assert record(evidence=tuple(documents[:-1]))
        with pytest.raises(SigningRecordInvalid):
            record(evidence=tuple(documents))
        assert record(shown_at=RECORD.made_at, signed_at=RECORD.made_at)

    def test_names_in_any_script_are_written_and_read(self) -> None:
        for name in ("宁波海联机械有限公司", "شركة الأمل", "Δοκιμή 😀", "O’Brien & Sons"):
            one = SignedRecord(record(name=name))
            assert SignedRecord.from_bytes(one.to_bytes()).record.name == name

    def test_digest_hangs_on_every_member(self) -> None:
        others = [
            record(name="Aurora"),
            record(address=b"\x34" * 20),
            record(languages=("en",)),
            record(evidence=()),
            record(salt=b"\x67" * 32),
            record(agreement=None),
            record(shown_at=RECORD.shown_at - 1),
        ]
        assert len({one.digest for one in (RECORD, *others)}) == len(others) + 1
        assert len({one.eip712_digest() for one in (RECORD, *others)}) == len(others) + 1

    def test_wallets_compute_the_same_digest(self) -> None:
        from eth_account.messages import encode_typed_data
        from eth_utils.crypto import keccak

        message = encode_typed_data(full_message=RECORD.typed_data())
        assert keccak(b"\x19\x01" + message.header + message.body) == RECORD.eip712_digest()

    def test_documents_or_a_certificate_bind_and_an_address_alone_does_not(self) -> None:
        bare = record(evidence=())
        assert SignedRecord(RECORD).binds
        assert not SignedRecord(bare).binds
        assert SignedRecord(bare, (X509Signature((b"\x30",), b"s", "ed25519"),)).binds


def test_command_line_knows_a_record_by_its_beginning(tmp_path: Path) -> None:
    from portal.cli import plan_record, verify_signing
    from portal.signing.record import Level, Role

    assert verify_signing.BEGINNING == BEGINNING
    assert tuple(Role) == plan_record.ROLES
    assert tuple(Level) == plan_record.LEVELS
    file = tmp_path / "r"
    file.write_bytes(DATA)
    assert verify_signing.is_record(str(file))
    assert not verify_signing.is_record(str(tmp_path))

"""Evidence records: DER and BER, bounds, what is kept, what is hashed at a renewal."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from asn1crypto import cms  # type: ignore[import-untyped,unused-ignore]  # it brings no types
from support.stamper import Stamper

from notary.errors import EvidenceRecordInvalid
from notary.records import evidence_record
from notary.records.evidence_record import (
    ArchiveTimeStamp,
    EvidenceRecord,
    algorithm_of,
    der_token,
    new_record,
    sequence_der,
    time_stamp_value,
    tree_value,
)
from notary.records.hash_tree import HASH_SIZES

STAMPER = Stamper()
A, B = bytes([1]) * 32, bytes([2]) * 32
TOKEN = STAMPER.stamp(A, "sha256", 1_600_000_000)
NEXT = STAMPER.stamp(B, "sha256", 1_700_000_000)
RECORD = new_record("sha256", ((A, B), (bytes(32),)), TOKEN)


def tlv(tag: int, content: bytes) -> bytes:
    size = len(content).to_bytes(3, "big")
    return bytes((tag, 0x83)) + size + content  # longer than DER needs: BER


def marked(tag: int, content: bytes) -> bytes:
    return bytes((tag, 0x80)) + content + b"\0\0"  # BER, its end marked


class TestFromBytes:
    def test_what_was_written_is_read(self) -> None:
        record = RECORD.with_time_stamp("sha256", NEXT).with_chain("sha512", ((bytes(64),), (b"\1" * 64,)), TOKEN)
        assert EvidenceRecord.from_bytes(record.to_bytes()) == record
        assert record.hash_names() == ("sha256", "sha512")
        assert [len(chain) for chain in record.chains] == [2, 1]

    def test_der_is_written_again_byte_for_byte(self) -> None:
        data = RECORD.to_bytes()
        assert EvidenceRecord.from_bytes(data).to_bytes() == data

    @pytest.mark.parametrize("wrap", [tlv, marked])
    def test_ber_is_read_and_written_in_der(self, wrap: object) -> None:
        assert callable(wrap)
        octets = wrap(0x24, b"\x04\x10" + A[:16] + b"\x04\x10" + A[16:])
        lists = wrap(0xA2, wrap(0x30, octets + b"\x04\x20" + B) + wrap(0x30, b"\x04\x20" + bytes(32)))
        stamp = wrap(0x30, wrap(0xA0, algorithm_of("sha256")) + lists + TOKEN)
        algorithms = wrap(0x30, wrap(0x30, algorithm_of("sha256")))
        data = wrap(0x30, b"\x02\x01\x01" + algorithms + wrap(0x30, wrap(0x30, stamp)))
        assert EvidenceRecord.from_bytes(data) == RECORD
        assert EvidenceRecord.from_bytes(data).to_bytes() == RECORD.to_bytes()

    def test_what_no_time_stamp_covers_is_kept(self) -> None:
        stamp = replace(RECORD.chains[0][0], attributes=b"\x30\x03\x06\x01\x2a")
        record = replace(RECORD, chains=((stamp,),), crypto_infos=b"\x30\x00", encryption_info=b"\x06\x01\x2a\x05\x00")
        assert EvidenceRecord.from_bytes(record.to_bytes()) == record

    def test_null_parameters_of_a_hash_are_read_and_kept(self) -> None:
        stamp = replace(RECORD.chains[0][0], algorithm=algorithm_of("sha256") + b"\x05\x00")
        record = replace(RECORD, chains=((stamp,),))
        again = EvidenceRecord.from_bytes(record.to_bytes())
        assert again == record
        assert again.chains[0][0].hash_name == "sha256"

    def test_an_unknown_hash_has_no_name(self) -> None:
        stamp = ArchiveTimeStamp(TOKEN, (), b"\x06\x01\x2a")
        assert EvidenceRecord.from_bytes(replace(RECORD, chains=((stamp,),)).to_bytes()).chains[0][0].hash_name is None

    def test_every_cut_is_refused(self) -> None:
        data = RECORD.to_bytes()
        for size in range(len(data)):
            with pytest.raises(EvidenceRecordInvalid):
                EvidenceRecord.from_bytes(data[:size])

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"\x30\x00",
            RECORD.to_bytes() + b"\0",
            TOKEN,
            b"\x1f\x81\x01\x00",  # a tag of several octets
            b"\x30\x85\x01\x00\x00\x00\x00",  # a length of five octets
            b"\x30\x80\x02\x01\x01",  # no end
            RECORD.to_bytes().replace(b"\x02\x01\x01", b"\x02\x01\x02", 1),
            RECORD.to_bytes().replace(b"\x02\x01\x01", b"\x02\x01\x00", 1),
            replace(RECORD, algorithms=()).to_bytes(),
            replace(RECORD, chains=()).to_bytes(),
            replace(RECORD, chains=((),)).to_bytes(),
            replace(RECORD, chains=((ArchiveTimeStamp(b"\x04\x00"),),)).to_bytes(),
            replace(RECORD, chains=((ArchiveTimeStamp(TOKEN + b"\x05\x00"),),)).to_bytes(),
            replace(
                RECORD, chains=((ArchiveTimeStamp(TOKEN, (), algorithm_of("sha256") + b"\x02\x01\x00"),),)
            ).to_bytes(),
            replace(RECORD, encryption_info=b"", crypto_infos=b"", algorithms=(b"\x04\x00",)).to_bytes(),
        ],
        ids=range(16),
    )
    def test_what_is_no_record_is_refused(self, data: bytes) -> None:
        with pytest.raises(EvidenceRecordInvalid):
            EvidenceRecord.from_bytes(data)

    def test_a_list_without_values_is_refused(self) -> None:
        data = replace(RECORD, chains=((ArchiveTimeStamp(TOKEN, ((),)),),)).to_bytes()
        with pytest.raises(EvidenceRecordInvalid, match="empty"):
            EvidenceRecord.from_bytes(data)

    @pytest.mark.parametrize("stamps", [evidence_record.MAX_STAMPS, evidence_record.MAX_STAMPS + 1])
    def test_the_count_of_time_stamps_is_bounded(self, stamps: int) -> None:
        small = ArchiveTimeStamp(b"\x30\x00")
        half = stamps // 2
        data = replace(RECORD, chains=((small,) * half, (small,) * (stamps - half))).to_bytes()
        if stamps > evidence_record.MAX_STAMPS:
            with pytest.raises(EvidenceRecordInvalid, match=str(stamps)):
                EvidenceRecord.from_bytes(data)
        else:
            assert sum(map(len, EvidenceRecord.from_bytes(data).chains)) == stamps

    @pytest.mark.parametrize("size", [evidence_record.MAX_TOKEN_BYTES, evidence_record.MAX_TOKEN_BYTES + 1])
    def test_the_size_of_a_token_is_bounded(self, size: int) -> None:
        token = b"\x30\x83" + (size - 5).to_bytes(3, "big") + bytes(size - 5)
        data = replace(RECORD, chains=((ArchiveTimeStamp(token),),)).to_bytes()
        if size > evidence_record.MAX_TOKEN_BYTES:
            with pytest.raises(EvidenceRecordInvalid, match=str(size)):
                EvidenceRecord.from_bytes(data)
        else:
            assert len(EvidenceRecord.from_bytes(data).chains[0][0].token) == size

    def test_a_record_beyond_the_bound_is_refused_unread(self) -> None:
        with pytest.raises(EvidenceRecordInvalid, match=str(evidence_record.MAX_BYTES + 1)):
            EvidenceRecord.from_bytes(bytes(evidence_record.MAX_BYTES + 1))

    def test_marks_of_ends_that_nest_are_read_in_time(self) -> None:
        deep = b"\x30\x80" * 200_000
        with pytest.raises(EvidenceRecordInvalid):
            EvidenceRecord.from_bytes(deep)


class TestValues:
    def test_a_time_stamp_renewal_hashes_the_whole_content_info(self) -> None:
        stamp = ArchiveTimeStamp(TOKEN, ((A, B),), algorithm_of("sha256"))
        assert time_stamp_value(stamp, "sha384") == hashlib.sha384(TOKEN).digest()
        assert TOKEN[0] == 0x30  # with tag and length

    def test_a_tree_renewal_hashes_the_object_then_the_chains(self) -> None:
        chains = RECORD.with_time_stamp("sha256", NEXT).chains
        whole = sequence_der(chains)
        assert RECORD.with_time_stamp("sha256", NEXT).to_bytes().endswith(whole)
        digest = hashlib.sha512(b"document").digest()
        expected = hashlib.sha512(digest + hashlib.sha512(whole).digest()).digest()
        assert tree_value(chains, digest, "sha512") == expected

    def test_an_algorithm_is_named_once(self) -> None:
        twice = RECORD.with_chain("sha512", (), TOKEN).with_chain("sha256", (), TOKEN)
        assert twice.hash_names() == ("sha256", "sha512")

    @pytest.mark.parametrize("name", HASH_SIZES)
    def test_every_hash_is_written_and_read(self, name: str) -> None:
        record = EvidenceRecord.from_bytes(new_record(name, (), TOKEN).to_bytes())
        assert record.hash_names() == (name,)
        assert record.chains[0][0].hash_name == name


class TestDerToken:
    def test_der_stays_as_it_is(self) -> None:
        assert der_token(TOKEN) == TOKEN

    def test_unsorted_certificates_are_sorted(self) -> None:
        other = Stamper("Other")
        info = cms.ContentInfo.load(TOKEN)
        first, second = sorted([STAMPER.leaf_der, other.leaf_der], key=lambda der: der, reverse=True)
        sorted_set = b"".join(sorted([first, second]))
        signed = info["content"]
        signed["certificates"] = cms.CertificateSet([cms.CertificateChoices.load(der) for der in (first, second)])
        canonical = info.dump(force=True)
        assert sorted_set in canonical
        unsorted = canonical.replace(sorted_set, first + second)
        assert unsorted != canonical
        assert der_token(unsorted) == canonical

    def test_a_token_with_a_marked_end_is_written_with_a_length(self) -> None:
        content = TOKEN[4:] if TOKEN[1] == 0x82 else TOKEN[3:]
        assert der_token(marked(0x30, content)) == TOKEN

    @pytest.mark.parametrize("token", [b"", b"\x30\x00", b"garbage", b"\x30\x03\x02\x01\x05"])
    def test_what_is_no_token_stays_as_it_is(self, token: bytes) -> None:
        assert der_token(token) == token

"""notary.court.bundle_zip: the same input gives the same bytes, and each kind of bad zip is refused by its code."""

from __future__ import annotations

import io
import random
import shutil
import stat
import struct
import subprocess
import time
import unicodedata
import zipfile
from pathlib import Path
from typing import ClassVar

import pytest

from notary.court import bundle_zip, zip_entries
from notary.court.bundle_zip import BundleZip, write
from notary.court.zip_entries import ZipFault
from notary.errors import BundleInvalid

AT = 1_790_000_001  # odd: the zip's clock has steps of two seconds


def made(files: dict[str, bytes], at: int = AT) -> bytes:
    out = io.BytesIO()
    write(out, [(name, len(data), [data]) for name, data in sorted(files.items())], at)
    return out.getvalue()


def info(name: str, **more: int) -> zipfile.ZipInfo:
    made_of = zipfile.ZipInfo(name)
    for attribute, value in more.items():
        setattr(made_of, attribute, value)
    return made_of


def any_zip(*entries: tuple[zipfile.ZipInfo | str, bytes], packed: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packed) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return out.getvalue()


def listed(data: bytes) -> dict[str, bytes]:
    found = BundleZip(io.BytesIO(data))
    return {name: found.read(name, 1 << 20) for name in found.names}


def fault(data: bytes) -> str:
    with pytest.raises(BundleInvalid) as caught:
        listed(data)
    assert caught.value.hint and caught.value.fault in str(caught.value)
    return caught.value.fault


class TestWrite:
    def test_write_gives_the_same_bytes_for_the_same_input_and_time(self) -> None:
        files = {"a": b"1", "documents/1/合同 😀.pdf": b"2" * 70_000, "z/y": b""}
        assert made(files) == made(files) != made(files, AT + 2)
        assert listed(made(files)) == files

    def test_write_states_one_time_and_an_ordinary_file_for_every_entry(self) -> None:
        with zipfile.ZipFile(io.BytesIO(made({"a": b"1", "b": b"2"}))) as archive:
            assert {one.date_time for one in archive.infolist()} == {(2026, 9, 21, 14, 13, 20)}
            assert {one.external_attr >> 16 for one in archive.infolist()} == {stat.S_IFREG | 0o644}

    @pytest.mark.parametrize("at", [bundle_zip.EARLIEST, bundle_zip.LATEST])
    def test_write_takes_a_time_that_a_zip_can_state(self, at: int) -> None:
        assert listed(made({"a": b"1"}, at)) == {"a": b"1"}

    @pytest.mark.parametrize("at", [bundle_zip.EARLIEST - 1, bundle_zip.LATEST + 1])
    def test_write_refuses_a_time_that_a_zip_cannot_state(self, at: int) -> None:
        with pytest.raises(BundleInvalid, match="1980 to 2107"):
            made({"a": b"1"}, at)

    def test_write_refuses_names_out_of_order_or_twice(self) -> None:
        for names in (("b", "a"), ("a", "a")):
            with pytest.raises(BundleInvalid, match="sorted"):
                write(io.BytesIO(), [(name, 0, []) for name in names], AT)


class TestNames:
    @pytest.mark.parametrize(
        "name",
        ["../a", "a/../../b", "/etc/passwd", "a//b", "./a", "a/.", "..", "a\\..\\b", "\\\\host\\a", "C:/a", "c:a"],
    )
    def test_a_path_that_may_lead_elsewhere_is_refused(self, name: str) -> None:
        assert fault(any_zip((name, b"1"))) == ZipFault.PATH

    @pytest.mark.parametrize("name", ["a\nb", "a\x1b[31m", "a\x7f", "x" * (bundle_zip.MAX_NAME + 1)])
    def test_a_path_with_characters_or_a_length_of_no_file_is_refused(self, name: str) -> None:
        assert fault(any_zip((name, b"1"))) == ZipFault.NAME

    def test_a_path_of_the_longest_length_is_taken(self) -> None:
        assert len(listed(any_zip(("x" * bundle_zip.MAX_NAME, b"1")))) == 1

    def test_a_path_that_hides_behind_a_null_byte_is_refused(self) -> None:
        data = any_zip(("good.txt?evil", b"1")).replace(b"good.txt?evil", b"good.txt\0evil")
        assert fault(data) == ZipFault.NAME

    def test_a_path_that_is_not_utf_8_is_refused(self) -> None:
        data = any_zip(("Straße", b"1"))
        assert fault(data.replace("ß".encode(), b"\xff\xfe")) == ZipFault.NAME
        assert fault(any_zip(("Strasse", b"1")).replace(b"ss", b"\xc3\x9f")) == ZipFault.NAME  # not marked

    @pytest.mark.filterwarnings("ignore:Duplicate name")
    def test_two_entries_of_one_name_are_refused(self) -> None:
        assert fault(any_zip(("a", b"1"), ("a", b"2"))) == ZipFault.TWICE

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("a.txt", "A.TXT"),
            ("Straße", "STRASSE"),
            ("é", unicodedata.normalize("NFD", "é")),
            ("a/b", "A/c"),
            ("a", "a/b"),
        ],
    )
    def test_names_that_are_one_on_some_systems_are_refused(self, one: str, other: str) -> None:
        assert fault(any_zip((one, b"1"), (other, b"2"))) == ZipFault.CLASH
        assert fault(any_zip((other, b"1"), (one, b"2"))) == ZipFault.CLASH

    def test_names_that_differ_on_every_system_are_taken(self) -> None:
        files = {"a/b": b"1", "a/c": b"2", "ab": b"3"}
        assert listed(any_zip(*files.items(), ("d/", b""))) == files


class TestKinds:
    @pytest.mark.parametrize(
        "kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK, stat.S_IFDIR]
    )
    def test_what_is_no_file_is_refused(self, kind: int) -> None:
        assert fault(any_zip((info("a", external_attr=(kind | 0o777) << 16), b"/etc/passwd"))) == ZipFault.LINK

    def test_a_folder_with_bytes_in_it_is_refused(self) -> None:
        assert fault(any_zip((info("a/", external_attr=stat.S_IFDIR << 16), b"1"))) == ZipFault.LINK

    @pytest.mark.parametrize("flag", [0x1, 0x40, 0x2000])
    def test_an_encrypted_entry_is_refused(self, flag: int) -> None:
        data = bytearray(any_zip(("a", b"1")))
        place = data.index(b"PK\1\2") + 8
        data[place : place + 2] = struct.pack("<H", flag)
        assert fault(bytes(data)) == ZipFault.ENCRYPTED

    def test_a_method_that_is_not_read_is_refused(self) -> None:
        assert fault(any_zip(("a", b"1"), packed=zipfile.ZIP_LZMA)) == ZipFault.PACKED


class TestSizes:
    def test_a_bomb_is_refused_before_it_is_unpacked(self) -> None:
        data = any_zip(("a", bytes(bundle_zip.FREE_BYTES + 1)), packed=zipfile.ZIP_DEFLATED)
        assert len(data) < 100_000
        begun = time.monotonic()
        assert fault(data) == ZipFault.RATIO
        assert time.monotonic() - begun < 1

    def test_what_is_small_may_be_packed_as_well_as_it_can_be(self) -> None:
        data = any_zip(("a", bytes(bundle_zip.FREE_BYTES)), packed=zipfile.ZIP_DEFLATED)
        assert sum(map(len, BundleZip(io.BytesIO(data)).pieces("a"))) == bundle_zip.FREE_BYTES

    def test_too_many_entries_are_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(zip_entries, "MAX_ENTRIES", 3)
        assert len(listed(any_zip(*((str(number), b"") for number in range(3))))) == 3
        assert fault(any_zip(*((str(number), b"") for number in range(4)))) == ZipFault.TOO_MANY

    def test_too_many_bytes_are_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(bundle_zip, "MAX_BYTES", 10)
        assert listed(any_zip(("a", b"12345"), ("b", b"12345")))
        assert fault(any_zip(("a", b"12345"), ("b", b"123456"))) == ZipFault.TOO_LARGE

    def test_read_refuses_more_bytes_than_were_allowed(self) -> None:
        found = BundleZip(io.BytesIO(made({"a": b"12345"})))
        assert found.read("a", 5) == b"12345"
        with pytest.raises(BundleInvalid, match="at most 4"):
            found.read("a", 4)

    def test_a_list_of_entries_that_says_it_is_huge_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        data = any_zip(*((f"{number:04}", b"") for number in range(100)))
        monkeypatch.setattr(zip_entries, "_MAX_LIST", 4999)
        assert fault(data) == ZipFault.TOO_MANY
        monkeypatch.setattr(zip_entries, "_MAX_LIST", 5000)
        assert len(listed(data)) == 100

    def test_entries_that_share_bytes_are_refused(self) -> None:
        data = bytearray(any_zip(("a", b"x" * 500), ("b", b"y" * 500)))
        second = data.index(b"PK\1\2", data.index(b"PK\1\2") + 1)
        data[second + 42 : second + 46] = struct.pack("<L", 40)  # its local header, within the first one's bytes
        assert fault(bytes(data)) == ZipFault.OVERLAP


class TestDamage:
    def test_a_checksum_that_is_wrong_is_refused(self) -> None:
        assert fault(any_zip(("a", b"needle")).replace(b"needle", b"noodle")) == ZipFault.DAMAGED

    def test_a_local_header_of_another_name_is_refused(self) -> None:
        data = bytearray(any_zip(("aaaa", b"1")))
        data[30:34] = b"bbbb"
        assert fault(bytes(data)) == ZipFault.DAMAGED

    def test_sizes_of_a_stored_entry_that_differ_are_refused(self) -> None:
        data = bytearray(any_zip(("a", b"12345")))
        place = data.index(b"PK\1\2")
        data[place + 24 : place + 28] = struct.pack("<L", 4)
        assert fault(bytes(data)) == ZipFault.DAMAGED

    @pytest.mark.parametrize("data", [b"", b"PK\3\4", b"no zip", b"PK\1\2" + bytes(60)])
    def test_what_is_no_zip_is_refused(self, data: bytes) -> None:
        assert fault(data) == ZipFault.NO_ZIP

    def test_any_damage_is_refused_or_gives_the_same_files(self) -> None:
        chance = random.Random(4)
        files = {f"documents/{number}/合同.pdf": chance.randbytes(300) for number in range(4)}
        for packed in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            whole = any_zip(*files.items(), packed=packed)
            for _ in range(1500):
                data = bytearray(whole)
                if chance.random() < 0.2:
                    del data[chance.randrange(len(data)) :]
                else:
                    for _ in range(chance.randint(1, 3)):
                        data[chance.randrange(len(data))] = chance.randrange(256)
                try:
                    found = listed(bytes(data))
                except BundleInvalid:
                    continue
                assert set(found.values()) <= set(files.values())


def test_pieces_of_a_large_file_are_bounded() -> None:
    data = made({"a": bytes(3 * bundle_zip.PIECE + 1)})
    sizes = [len(piece) for piece in BundleZip(io.BytesIO(data)).pieces("a")]
    assert sum(sizes) == 3 * bundle_zip.PIECE + 1 and max(sizes) <= bundle_zip.PIECE


class TestLayout:
    """Where programs could read different lists of entries, none is read."""

    FILES: ClassVar = {"MANIFEST.sha256": b"1", "documents/1/a": b"2", "receipts.json": b"3"}

    @pytest.mark.parametrize("place", [8, 10])
    @pytest.mark.parametrize("count", [2, 4])
    def test_an_end_that_counts_other_entries_is_refused(self, place: int, count: int) -> None:
        data = bytearray(made(self.FILES))
        struct.pack_into("<H", data, len(data) - 22 + place, count)
        assert fault(bytes(data)) == ZipFault.LAYOUT

    @pytest.mark.parametrize("place", [12, 16])
    def test_a_list_of_another_size_or_place_is_refused(self, place: int) -> None:
        data = bytearray(made(self.FILES))
        (before,) = struct.unpack_from("<L", data, len(data) - 22 + place)
        struct.pack_into("<L", data, len(data) - 22 + place, before + 1)
        assert fault(bytes(data)) == ZipFault.LAYOUT

    def test_bytes_before_the_first_entry_are_refused(self) -> None:
        assert fault(b"#!/bin/sh\n" + made(self.FILES)) == ZipFault.LAYOUT

    def test_bytes_behind_the_end_are_refused(self) -> None:
        assert fault(made(self.FILES) + b"\0") == ZipFault.LAYOUT

    def test_a_comment_is_refused(self) -> None:
        data = bytearray(made(self.FILES))
        struct.pack_into("<H", data, len(data) - 2, 5)
        assert fault(bytes(data) + b"hello") == ZipFault.LAYOUT

    def test_two_zips_in_one_file_are_refused(self) -> None:
        assert fault(made(self.FILES) + made({"receipts.json": b"4"})) == ZipFault.LAYOUT

    def test_a_list_that_leaves_an_entry_out_is_refused(self) -> None:
        whole = made(self.FILES)
        (begin,) = struct.unpack_from("<L", whole, len(whole) - 6)
        second = whole.index(b"PK\x01\x02", begin + 4)
        end = bytearray(whole[-22:])
        struct.pack_into("<HHLL", end, 8, 2, 2, len(whole) - 22 - second, second)
        assert fault(whole[:-22] + bytes(end)) == ZipFault.LAYOUT

    def test_a_zip_in_the_form_for_large_files_is_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 2)
            data = made(self.FILES)
        assert b"PK\x06\x06" in data and listed(data) == self.FILES

    def test_another_programs_zip_is_read(self, tmp_path: Path) -> None:
        zip_program = shutil.which("zip")
        if zip_program is None:
            pytest.skip("there is no zip program here")
        for name, data in self.FILES.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(data)
        subprocess.run([zip_program, "-q", "-r", "made.zip", *self.FILES], cwd=tmp_path, check=True)
        assert listed((tmp_path / "made.zip").read_bytes()) == self.FILES


def test_many_small_bombs_together_are_refused() -> None:
    """Each is below what is free for one; 60 of them unpack from 30 KB to 30 MB."""
    bombs = any_zip(*((f"d/{place}", bytes(512 * 1024)) for place in range(60)), packed=zipfile.ZIP_DEFLATED)
    assert fault(bombs) == ZipFault.RATIO

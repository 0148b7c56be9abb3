"""notary.court.zip_entries: a zip in which two programs could find different things is refused."""

from __future__ import annotations

import io
import random
import struct
import zlib
from dataclasses import replace

import pytest
from support.zips import Part, deflated, end, end64, extra, put_together, zipped

from notary.court.bundle_zip import BundleZip
from notary.court.zip_entries import ZipFault
from notary.errors import BundleInvalid

ONE = Part(b"documents/1/a", b"honest")
TWO = Part(b"receipts.json", b"3" * 100)
HIDDEN = Part(b"documents/1/a", b"FORGED")
PACKED = replace(TWO, method=8, packed=deflated(TWO.data))


def listed(data: bytes) -> dict[str, bytes]:
    found = BundleZip(io.BytesIO(data))
    return {name: found.read(name, 1 << 20) for name in found.names}


def fault(data: bytes) -> str:
    with pytest.raises(BundleInvalid) as caught:
        listed(data)
    return caught.value.fault


def other_path(name: bytes) -> bytes:
    return extra(0x7075, struct.pack("<BL", 1, zlib.crc32(name)) + b"documents/1/OTHER")


def late(part: Part, *, mark: bytes, form: str) -> Part:
    """With checksum and sizes behind the bytes."""
    behind = mark + struct.pack(form, *part.said())
    return replace(part, flags=8, crc=0, sizes=(0, 0), behind=behind)


class TestLargeForm:
    def test_an_end_for_large_zips_is_read(self) -> None:
        out, rows, count = put_together([ONE, TWO])
        large = out + rows + end64(count, len(rows), len(out))
        both = {"documents/1/a": b"honest", "receipts.json": TWO.data}
        assert listed(large + end(count, len(rows), len(out))) == both
        assert listed(large + end(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)) == both

    def test_two_ends_that_name_two_lists_are_refused(self) -> None:
        """A program that reads the large end finds the honest document, one that reads the small end the other."""
        forged = HIDDEN.local()
        first = len(ONE.local()) + len(forged)
        rows_of_small = HIDDEN.row(len(ONE.local()))
        rows = ONE.row(0)
        out = ONE.local() + forged + rows_of_small
        small = end(1, len(rows_of_small), first)
        assert fault(out + rows + end64(1, len(rows), len(out)) + small) == ZipFault.LAYOUT

    @pytest.mark.parametrize("place", [4, 12, 16, 20, 24, 32, 40, 48, 60, 64, 72])
    def test_a_large_end_of_which_one_number_is_another_is_refused(self, place: int) -> None:
        out, rows, count = put_together([ONE, TWO])
        large = bytearray(end64(count, len(rows), len(out)))
        large[place] ^= 1
        data = out + rows + bytes(large) + end(count, len(rows), len(out))
        if place == 12:  # the version of the maker
            assert listed(data)
        else:
            assert fault(data) == ZipFault.LAYOUT

    def test_a_locator_in_an_entrys_comment_is_refused(self) -> None:
        """A program that looks for it there goes to a list in the middle of a document."""
        locator = struct.pack("<4sLQL", b"PK\6\7", 0, 50, 1)
        assert fault(zipped([ONE], {0: replace(ONE, comment=locator)})) == ZipFault.LAYOUT
        assert listed(zipped([ONE], {0: replace(ONE, comment=b"by hand")}))

    def test_large_sizes_in_an_extra_field_are_read_once(self) -> None:
        wide = extra(1, struct.pack("<2Q", len(ONE.data), len(ONE.data)))
        large = replace(ONE, sizes=(0xFFFFFFFF, 0xFFFFFFFF), extra=wide)
        assert listed(zipped([large], {0: ONE})) == listed(zipped([large], {0: large})) == {"documents/1/a": b"honest"}
        for wrong in (wide + wide, wide[:-1], extra(1, wide[4:12]), extra(1, wide[4:] + bytes(8)), wide + b"\0"):
            assert fault(zipped([replace(large, extra=wrong)], {0: ONE})) == ZipFault.LAYOUT
            assert fault(zipped([ONE], {0: replace(large, extra=wrong)})) == ZipFault.LAYOUT


class TestHoles:
    @pytest.mark.parametrize("hidden", [HIDDEN.local(), b"\0"])
    @pytest.mark.parametrize("place", [0, 1])
    def test_bytes_between_entries_or_before_the_list_are_refused(self, hidden: bytes, place: int) -> None:
        parts = [ONE, TWO]
        parts[place] = replace(parts[place], behind=hidden)
        assert fault(zipped(parts)) == ZipFault.LAYOUT

    @pytest.mark.parametrize("form", ["<3L", "<LQQ"])
    @pytest.mark.parametrize("mark", [b"", b"PK\7\x08"])
    def test_a_checksum_behind_the_bytes_is_read(self, mark: bytes, form: str) -> None:
        row = replace(PACKED, flags=8)
        good = late(PACKED, mark=mark, form=form)
        assert listed(zipped([good, ONE], {0: row})) == {"documents/1/a": b"honest", "receipts.json": TWO.data}
        for behind in (b"", good.behind[:-1], good.behind + b"\0", bytes(len(good.behind))):
            assert fault(zipped([replace(good, behind=behind), ONE], {0: row})) == ZipFault.LAYOUT

    def test_a_checksum_behind_the_bytes_of_a_stored_entry_is_refused(self) -> None:
        """Where they end, a program that reads the zip as it comes can only guess."""
        assert fault(zipped([late(ONE, mark=b"PK\7\x08", form="<3L")], {0: replace(ONE, flags=8)})) == ZipFault.DAMAGED

    def test_bytes_behind_what_was_deflated_are_refused(self) -> None:
        for more in (b"\0", HIDDEN.local()):
            assert fault(zipped([replace(PACKED, packed=deflated(TWO.data) + more)])) == ZipFault.DAMAGED

    def test_deflated_bytes_that_are_cut_off_or_give_more_are_refused(self) -> None:
        assert fault(zipped([replace(PACKED, packed=deflated(TWO.data)[:-1])])) == ZipFault.DAMAGED
        assert fault(zipped([replace(PACKED, packed=deflated(TWO.data + b"3"))])) == ZipFault.DAMAGED
        assert fault(zipped([replace(PACKED, packed=deflated(TWO.data[1:]))])) == ZipFault.DAMAGED


class TestHeaders:
    @pytest.mark.parametrize(
        "other",
        [
            replace(ONE, name=b"documents/2/a"),
            replace(ONE, flags=0x800),
            replace(ONE, method=8),
            replace(ONE, crc=1),
            replace(ONE, sizes=(5, 6)),
            replace(ONE, sizes=(6, 5)),
            replace(ONE, crc=0, sizes=(0, 0)),
        ],
        ids=["name", "flags", "method", "crc", "packed", "size", "nothing"],
    )
    def test_a_header_that_says_something_else_than_the_list_is_refused(self, other: Part) -> None:
        assert fault(zipped([other, TWO], {0: ONE})) == ZipFault.DAMAGED

    def test_another_name_in_an_extra_field_is_refused(self) -> None:
        named = replace(ONE, extra=other_path(ONE.name))
        assert fault(zipped([named, TWO], {0: ONE})) == ZipFault.NAME
        assert fault(zipped([ONE, TWO], {0: named})) == ZipFault.NAME
        assert listed(zipped([replace(ONE, extra=extra(0x5455, b"\1" + bytes(4))), TWO]))

    def test_an_entry_in_another_part_of_the_zip_is_refused(self) -> None:
        assert fault(zipped([ONE], {0: replace(ONE, disk=1)})) == ZipFault.LAYOUT

    def test_a_place_behind_the_end_of_the_zip_is_refused(self) -> None:
        far = 1 << 40
        longest = replace(PACKED, sizes=(0xFFFF_FFFF, 100), extra=extra(1, struct.pack("<Q", far - 55)))
        distant = [
            replace(ONE, name=name, extra=extra(1, struct.pack("<Q", far << n))) for n, name in enumerate((b"b", b"c"))
        ]
        out = longest.local()
        rows = longest.row(0) + b"".join(one.row(0xFFFF_FFFF) for one in distant)
        assert fault(out + rows + end(3, len(rows), len(out))) == ZipFault.DAMAGED

    def test_a_list_that_ends_within_its_last_entry_is_refused(self) -> None:
        out, rows, count = put_together([ONE], {0: replace(ONE, comment=b"five ")})
        assert listed(out + rows + end(count, len(rows), len(out)))
        assert fault(out + rows[:-1] + end(count, len(rows) - 1, len(out))) == ZipFault.LAYOUT

    @pytest.mark.parametrize("attributes", [0x8, 0x10, 0x400])
    def test_what_is_no_file_on_windows_is_refused(self, attributes: int) -> None:
        assert fault(zipped([replace(ONE, attributes=attributes)])) == ZipFault.LINK
        assert listed(zipped([replace(ONE, attributes=0x20)]))

    def test_a_folder_with_packed_bytes_is_refused(self) -> None:
        folder = Part(b"d/", b"", attributes=0o040755 << 16)
        assert listed(zipped([folder, ONE])) == {"documents/1/a": b"honest"}
        assert fault(zipped([replace(folder, method=8, packed=deflated(b"")), ONE])) == ZipFault.LINK


def test_any_byte_that_is_changed_is_refused_or_gives_the_same_files() -> None:
    """Times, versions and attributes may change; what is in the zip may not."""
    chance = random.Random(5)
    out, rows, count = put_together([ONE, PACKED])
    plain = out + rows + end(count, len(rows), len(out))
    large = out + rows + end64(count, len(rows), len(out)) + end(count, len(rows), len(out))
    for whole in (plain, large):
        want = listed(whole)
        for place in range(len(whole)):
            data = bytearray(whole)
            data[place] ^= 1 << chance.randrange(8)
            try:
                assert listed(bytes(data)) == want, place
            except BundleInvalid:
                continue

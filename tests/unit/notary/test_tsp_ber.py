from __future__ import annotations

import pytest

from notary.timestamps.tsp_ber import MAX_DEPTH, BerError, children, definite, encode


class TestDefinite:
    @pytest.mark.parametrize(
        ("given", "wanted"),
        [
            ("0500", "0500"),
            ("3003020101", "3003020101"),
            ("30800201010000", "3003020101"),
            ("308030800201010000" + "0000", "30053003020101"),
            ("24800401aa0402bbcc0000", "0403aabbcc"),
            ("240704020102040103", "0403010203"),
            ("2480240304010104010200" + "00", "04020102"),
            ("a0800401ff0000", "a0030401ff"),
            ("3fac0f80" + "0500" + "0000", "3fac0f02" + "0500"),
        ],
    )
    def test_lengths_become_definite_and_strings_whole(self, given: str, wanted: str) -> None:
        assert definite(bytes.fromhex(given)).hex() == wanted

    def test_everything_else_stays_byte_for_byte(self) -> None:
        odd = bytes.fromhex("30810a" + "31" + "06" + "020102020101" + "0500")  # a long length, an unsorted set
        assert definite(odd) == odd

    def test_what_encloses_a_rewritten_element_gets_a_new_length(self) -> None:
        assert definite(bytes.fromhex("300930800201010000" + "0500")).hex() == "3007" + "3003020101" + "0500"

    def test_a_long_string_in_pieces_gets_a_long_length(self) -> None:
        piece = encode(b"\x04", bytes(1000))
        assert definite(b"\x24\x80" + piece * 3 + b"\x00\x00") == b"\x04\x82\x0b\xb8" + bytes(3000)

    @pytest.mark.parametrize(
        "given",
        [
            "",
            "30",
            "3003",
            "30030201",
            "3080",
            "3080020101",
            "308002010100",
            "0480",
            "050000",
            "308201",
            "1f",
            "1f81",
            "3084ffffffff",
            "2405020101" + "0500",
        ],
    )
    def test_what_is_cut_off_or_continued_is_refused(self, given: str) -> None:
        with pytest.raises(BerError):
            definite(bytes.fromhex(given))

    def test_depth_is_bounded(self) -> None:
        def nested(levels: int) -> bytes:
            out = b"\x05\x00"
            for _ in range(levels):
                out = encode(b"\x30", out)
            return out

        assert definite(nested(MAX_DEPTH)) == nested(MAX_DEPTH)
        with pytest.raises(BerError, match="nest more than 40"):
            definite(nested(MAX_DEPTH + 1))

    def test_endless_openings_are_refused(self) -> None:
        with pytest.raises(BerError):
            definite(b"\x30\x80" * 30_000)


class TestChildren:
    @pytest.mark.parametrize("given", ["30050500020101", "308005000201010000"])
    def test_parts_come_as_they_are(self, given: str) -> None:
        assert [part.hex() for part in children(bytes.fromhex(given))] == ["0500", "020101"]

    def test_a_part_of_indefinite_length_stays_so(self) -> None:
        assert children(bytes.fromhex("300630800500" + "0000")) == (bytes.fromhex("308005000000"),)

    @pytest.mark.parametrize("given", ["0500", "30020500ff", "3003050002", "3080050000", "30800500000000"])
    def test_what_is_no_list_is_refused(self, given: str) -> None:
        with pytest.raises(BerError):
            children(bytes.fromhex(given))


@pytest.mark.parametrize(("size", "header"), [(0, "0400"), (127, "047f"), (128, "048180"), (256, "04820100")])
def test_encode_uses_the_shortest_length(size: int, header: str) -> None:
    assert encode(b"\x04", bytes(size)) == bytes.fromhex(header) + bytes(size)

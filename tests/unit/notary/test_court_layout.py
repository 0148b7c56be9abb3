"""notary.court.layout: names that every file system takes, paths that follow from the receipts, and the manifest."""

from __future__ import annotations

import io
import random

import pytest
from support import sealed

from notary.court import bundle_zip, layout
from notary.court.bundle_zip import check_path
from notary.errors import BundleInvalid
from notary.proofs import disclosure
from notary.proofs.receipt import Receipt

DIGESTS = {"receipts.json": bytes(32), "documents/1/合.txt": bytes([1] * 32), "report.pdf": bytes([2] * 32)}


def receipts(*claims: dict[str, str]) -> tuple[Receipt, ...]:
    return tuple(sealed.seal([b"%d" % place for place in range(len(claims))], each=list(claims)).receipts)


class TestSafeName:
    @pytest.mark.parametrize(
        ("name", "safe"),
        [
            ("contract.pdf", "contract.pdf"),
            ("合同.pdf", "合同.pdf"),
            ('a/b\\c:d*e?f"g<h>i|j', "a_b_c_d_e_f_g_h_i_j"),
            ("a\u202egpj.exe", "a_gpj.exe"),
            ("tab\tnew\n.txt", "tab_new_.txt"),
            ("..", "_"),
            (" . ", "_"),
            ("", "_"),
            ("CON", "_CON"),
            ("com1.txt", "_com1.txt"),
            ("console", "console"),
            ("trailing. ", "trailing"),
            ("a   report.pdf", "a report.pdf"),
        ],
    )
    def test_a_name_becomes_one_that_every_file_system_takes(self, name: str, safe: str) -> None:
        assert layout.safe_name(name) == safe

    def test_a_long_name_keeps_its_ending(self) -> None:
        assert layout.safe_name("x" * layout.MAX_PART) == "x" * layout.MAX_PART
        long = layout.safe_name("文" * 300 + ".pdf")
        assert long.endswith("文.pdf") and layout.MAX_PART - 3 < len(long.encode()) <= layout.MAX_PART

    def test_any_name_becomes_a_path_that_a_bundle_takes(self) -> None:
        chance = random.Random(5)
        for _ in range(3000):
            name = "".join(chr(chance.randrange(10 ** chance.randint(2, 6))) for _ in range(chance.randint(0, 80)))
            safe = layout.safe_name(name)
            check_path(f"documents/1/{safe}")
            assert layout.safe_name(safe) == safe and len(safe.encode()) <= layout.MAX_PART + 1


class TestDocumentPaths:
    def test_paths_are_made_of_exhibit_and_name(self) -> None:
        found = receipts({"name": "a/b.txt", "exhibit": "1"}, {"name": "c.txt", "exhibit": "B-2"})
        assert layout.document_paths(found) == ["documents/1/b.txt", "documents/B-2/c.txt"]

    def test_no_two_paths_are_one_file_on_any_system(self) -> None:
        claims = [{"name": name, "exhibit": exhibit} for name in ("a", "A", "ss", "ß") for exhibit in ("x", "X", "x")]
        paths = layout.document_paths(receipts(*claims))
        assert len({path.casefold() for path in paths}) == len(claims)
        out = io.BytesIO()
        bundle_zip.write(out, [(path, 0, ()) for path in sorted(paths)], 1_790_000_000)
        assert bundle_zip.BundleZip(out).names == tuple(sorted(paths))

    def test_exhibits_that_differ_in_case_lie_in_folders_that_do_not(self) -> None:
        claims = [{"name": name, "exhibit": exhibit} for name, exhibit in (("a", "A1"), ("b", "a1"), ("c", "A1"))]
        assert layout.document_paths(receipts(*claims)) == [
            "documents/A1/a",
            "documents/receipt-2/b",
            "documents/A1/c",
        ]

    def test_a_folder_that_is_taken_gets_another_number(self) -> None:
        claims = [{"name": "a", "exhibit": "receipt-3"}, {"name": "a", "exhibit": "X"}, {"name": "a", "exhibit": "x"}]
        assert layout.document_paths(receipts(*claims))[2] == "documents/receipt-3-2/a"

    def test_what_is_withheld_is_not_in_the_path(self) -> None:
        (one,) = receipts({"name": "secret.txt", "exhibit": "Secret-1"})
        assert layout.document_paths([disclosure.hide(one, ["name"])]) == ["documents/Secret-1/document"]
        assert layout.document_paths([disclosure.hide(one, ["name", "exhibit"])]) == ["documents/receipt-1/document"]


class TestManifest:
    def test_read_gives_what_was_written(self) -> None:
        assert layout.read_manifest(layout.manifest(DIGESTS)) == DIGESTS
        assert layout.read_manifest(b"") == {}

    def test_the_contents_digest_is_that_of_all_files_but_the_report(self) -> None:
        without = {name: digest for name, digest in DIGESTS.items() if name != "report.pdf"}
        assert layout.contents_digest(DIGESTS) == layout.contents_digest(without)
        assert layout.contents_digest(DIGESTS) != layout.contents_digest({**without, "x": bytes(32)})

    @pytest.mark.parametrize(
        "text",
        [
            "00  a\n",
            f"{'0' * 64} a\n",
            f"{'0' * 64} *a\n",
            f"{'A' * 64}  a\n",
            f"{'0' * 64}  a",
            f"{'0' * 64}  ../a\n",
            f"{'0' * 64}  a\n{'0' * 64}  a\n",
            f"{'0' * 64}  b\n{'0' * 64}  a\n",
            "\n",
        ],
    )
    def test_a_list_of_another_form_is_refused(self, text: str) -> None:
        with pytest.raises(BundleInvalid):
            layout.read_manifest(text.encode())

    def test_a_list_that_is_not_utf_8_is_refused(self) -> None:
        with pytest.raises(BundleInvalid, match="byte 66"):
            layout.read_manifest(b"0" * 64 + b"  \xff\n")


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("records/1.er", True),
        ("records/25000.er", True),
        ("records/0.er", False),
        ("records/01.er", False),
        ("records/1.er\n", False),
        ("records/run-me.exe", False),
        ("records/a/1.er", False),
        ("records/\u0661.er", False),
    ],
)
def test_a_record_is_named_by_its_number(name: str, is_one: bool) -> None:
    assert layout.is_record(name) is is_one

"""Which receipt meets which document, and what `verify` says of it; all offline, with receipts of our own making."""

from __future__ import annotations

import hashlib
import io
import json
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from support.portalworld import Answer, tallystick
from support.sealed import anchor, anchored_block, make_anchor, seal

from notary.log.merkle import leaf_hash
from notary.proofs.receipt import Inclusion, Receipt
from notary.sealing.commitment import claim_entry
from notary.sealing.hashing import FileDigests, Outcome
from portal import pairing
from portal.cli import main
from portal.pairing import Collected, Document, Found, pair

ATTACKER = Ed25519PrivateKey.from_private_bytes(b"\x66" * 32)


def make(data: bytes, key: Ed25519PrivateKey | None = None, before: int = 5, **fields: str) -> tuple[Receipt, str]:
    """A receipt with an anchor, and the --block that confirms it."""
    named = {"name": "a.txt"} | fields
    if key is None:
        sealed = seal([data], fields=named, entries_before=before)
    else:
        sealed = seal([data], fields=named, entries_before=before, key=key)
    block = anchored_block(sealed, number=1000 + before + (500 if key else 0))
    return anchor(sealed, make_anchor(block, 7, 1))[0], f"1:{block.number}:0x{block.hash.hex()}"


def put(folder: Path, name: str, data: bytes, receipt: Receipt | None = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)
    if receipt is not None:
        (folder / f"{name}.receipt.json").write_bytes(receipt.to_bytes())
    return folder / name


def verify(*words: object, blocks: tuple[str, ...] = ()) -> Answer:
    return tallystick("verify", *words, *(w for block in blocks for w in ("--block", block)), expect=None)


def said(*words: object) -> str:
    out = io.StringIO()
    with redirect_stdout(out):
        main(["verify", *map(str, words)])
    return out.getvalue()


class TestGrowth:
    def test_copies_of_one_file_meet_as_many_receipts_of_it_and_each_is_looked_at_a_few_times(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A folder of equal files and a bundle of receipts that all show their digest, and one name."""
        looked = [0]

        def count(found: Found) -> tuple[int, int]:
            looked[0] += 1
            return newest(found)

        newest = pairing._newest
        monkeypatch.setattr(pairing, "_newest", count)
        receipt = make(b"copy")[0]
        outcome: Outcome = FileDigests(4, hashlib.sha256(b"copy").digest())
        for many in (20, 200):
            looked[0] = 0
            documents = tuple(Document(f"/in/{n}/a.txt", f"{n}/a.txt", 4) for n in range(many))
            receipts = tuple(Found("bundle", replace(receipt, entry=Inclusion(n, 999, ()))) for n in range(many))
            pairs = pair(Collected(documents, receipts, ()), {one.path: outcome for one in documents})
            assert [one.found for one in pairs] == list(reversed(receipts))
            assert many <= looked[0] <= 3 * many

    def test_a_receipt_whose_name_is_no_bytes_is_a_failed_verdict_and_no_crash(self, tmp_path: Path) -> None:
        receipt = make(b"a", name="a%FF.txt", name_bytes=b"a\xff.txt".hex())[0]
        text = receipt.to_bytes().replace(b"a\xff.txt".hex().encode(), b"zz")
        file = put(tmp_path, "a.txt", b"a")
        (tmp_path / "a.txt.receipt.json").write_bytes(text)
        assert [r["reason"] for r in verify(file).json["results"]] == ["claim-invalid"]


class TestNamedReceipts:
    def test_a_receipt_delivered_with_a_forged_file_does_not_count(self, tmp_path: Path) -> None:
        honest, block = make(b"honest")
        forged, own = make(b"forged", ATTACKER)
        file = put(tmp_path / "in", "a.txt", b"forged", forged)
        named = put(tmp_path / "mine", "a.receipt.json", honest.to_bytes())
        for path in (file, tmp_path / "in"):
            found = verify(path, "--receipt", named, blocks=(block, own))
            assert [r["reason"] for r in found.json["results"]] == ["digest-differs"]
            assert found.code == 1
            assert found.json["notes"] == [
                "1 receipts in or beside the named paths were not used: --receipt was given."
            ]

    def test_one_named_receipt_that_stays_unused_is_reported(self, tmp_path: Path) -> None:
        one, block = make(b"one")
        files = [put(tmp_path, name, name.encode()) for name in ("x", "y")]
        named = put(tmp_path / "r", "one.receipt.json", one.to_bytes())
        found = verify(*files, "--receipt", named, blocks=(block,))
        assert [r["reason"] for r in found.json["results"]] == ["no-receipt", "no-receipt", "no-document"]


class TestOlderVersions:
    def folder(self, tmp_path: Path, honest: Receipt, later: Receipt, data: bytes) -> Path:
        put(tmp_path, "old.receipt.json", honest.to_bytes())
        put(tmp_path, "b.txt", data, later)
        return tmp_path

    def leaf(self, receipt: Receipt) -> str:
        return leaf_hash(claim_entry(receipt.opening.commitment())).hex()

    def test_a_strangers_continues_hides_no_receipt(self, tmp_path: Path) -> None:
        honest, block = make(b"honest")
        later, own = make(b"other", ATTACKER, name="b.txt", continues=self.leaf(honest))
        found = verify(self.folder(tmp_path, honest, later, b"other"), blocks=(block, own))
        assert [r["reason"] for r in found.json["results"]] == [None, "no-document"]

    def test_a_verified_newer_version_stands_for_the_older(self, tmp_path: Path) -> None:
        honest, block = make(b"honest")
        later, own = make(b"newer", before=9, name="b.txt", continues=self.leaf(honest))
        folder = self.folder(tmp_path, honest, later, b"newer")
        assert len(verify(folder, blocks=(block, own)).json["results"]) == 1
        (folder / "b.txt").write_bytes(b"wrong")
        assert len(verify(folder, blocks=(block, own)).json["results"]) == 2


class TestWhatIsAReceipt:
    def test_a_document_that_quotes_a_receipt_is_a_document(self, tmp_path: Path) -> None:
        text = b'{"note": {"format":"tallystick/receipt"}}'
        receipt, block = make(text)
        assert verify(put(tmp_path, "a.txt", text, receipt), blocks=(block,)).code == 0
        assert verify(put(tmp_path / "x", "a.txt", text)).json["results"][0]["reason"] == "no-receipt"

    def test_a_receipt_of_any_name_is_one_unless_a_receipt_lies_beside_it(self, tmp_path: Path) -> None:
        inner = make(b"inner")[0].to_bytes()
        assert verify(put(tmp_path, "a.txt", inner)).json["results"][0]["reason"] == "no-document"
        receipt, block = make(inner)
        assert verify(put(tmp_path, "a.txt", inner, receipt), blocks=(block,)).code == 0

    def test_an_empty_bundle_fails(self, tmp_path: Path) -> None:
        value = {"format": "tallystick/receipts", "version": 1, "logs": [], "checkpoints": [], "case_heads": []}
        path = put(tmp_path, "c.receipts.json", json.dumps(value | {"receipts": []}).encode())
        found = verify(path)
        assert (found.code, found.json["results"][0]["reason"]) == (1, "notary.receipt-invalid")

    def test_nothing_to_verify_is_said(self, tmp_path: Path) -> None:
        found = verify(tmp_path)
        assert (found.code, found.error) == (4, "portal.file-missing")
        assert "no file and no receipt" in found.text


class TestText:
    def test_the_sealed_name_exhibit_and_case_are_shown_and_another_name_is_noted(self, tmp_path: Path) -> None:
        receipt, _ = make(b"one")
        same = said(put(tmp_path, "a.txt", b"one", receipt))
        assert "Sealed as a.txt, exhibit A-1, case Weber v. Kraft." in same
        assert "is not the sealed name" not in same
        other = said(put(tmp_path / "x", "b.txt", b"one", receipt))
        assert "Note: the file's name b.txt is not the sealed name a.txt." in other

    def test_each_log_and_case_of_a_folder_is_shown_once(self, tmp_path: Path) -> None:
        for name in ("a.txt", "b.txt", "c.txt"):
            put(tmp_path, name, name.encode(), make(name.encode(), ATTACKER if name == "c.txt" else None, name=name)[0])
        lines = [line for line in said(tmp_path).splitlines() if line.startswith("Sealed in log ")]
        assert len(lines) == 2
        assert all("case Weber v. Kraft" in line for line in lines)

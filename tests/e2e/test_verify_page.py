"""verify.html gives the verdicts of the command line: its core in Node, the page in Chromium without a network."""

from __future__ import annotations

import base64
import io
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
from support import browser_verifier, sealed, stamped
from support.browser_verifier import PAGE, Given, mutants, run_core, run_page, same, samples

from notary.errors import ReceiptInvalid, ReceiptVersionUnknown
from notary.proofs import bundle
from notary.proofs.receipt import Receipt
from notary.verdicts.reasons import LOCALES, Text, words
from notary.verdicts.verdict import Note
from notary.verdicts.verify import DocumentDigests, Verifier, verify_bytes
from portal.pairing import Document, Found, has_sealed_name

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
in_chromium = pytest.mark.skipif(not CHROMIUM, reason="there is no chromium here (Debian: apt-get install chromium)")


@pytest.fixture(scope="module")
def node() -> str:
    found = shutil.which("node")
    if not found or not (browser_verifier.FOLDER / "node_modules").is_dir():
        pytest.skip("there is no node with portal/verifier's packages here (scripts/setup)")
    return found


def differing(given: list[Given], found: list[Any]) -> list[tuple[int, Any, Any]]:
    both = [(place, one.python(), other) for place, (one, other) in enumerate(zip(given, found, strict=True))]
    return [(place, python, other) for place, python, other in both if not same(python, other)]


class TestCore:
    def test_every_sample_has_the_verdict_of_python(self, tmp_path: Path, node: str) -> None:
        given = samples()
        statuses = {one.python()["status"] for one in given}
        assert statuses == {"PASSED", "FAILED", "INDETERMINATE"}
        assert differing(given, run_core(given, tmp_path, node)) == []

    def test_mutants_have_the_verdict_of_python(self, tmp_path: Path, node: str) -> None:
        given = list(mutants(100, seed=20261124))
        assert differing(given, run_core(given, tmp_path, node)) == []

    @pytest.mark.deep
    @pytest.mark.parametrize("seed", range(4))
    def test_many_mutants_have_the_verdict_of_python(self, tmp_path: Path, node: str, seed: int) -> None:
        given = list(mutants(2000, seed))
        assert differing(given, run_core(given, tmp_path, node)) == []


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def files_of(one: Given) -> list[list[str]]:
    found = [["it.receipt.json", encoded(one.receipt)]]
    if one.document is not None:
        found.append(["it", encoded(one.document)])
    if one.trust is not None:
        found.append(["trust.json", encoded(one.trust)])
    return found


def expected(one: Given) -> dict[str, Any]:
    """As `tallystick verify` judges: a file that is no receipt has a status and a reason, and no more."""
    try:
        (receipt,) = bundle.read_any(one.receipt)
    except ReceiptVersionUnknown:
        return {"status": "INDETERMINATE", "reason": "receipt-version-unknown"}
    except ReceiptInvalid:
        return {"status": "FAILED", "reason": "receipt-invalid"}
    assert receipt is not None
    return one.python() if one.document is None else named(one.python(), receipt, "it")


def named(verdict: dict[str, Any], receipt: Receipt, name: str, locale: str = "en") -> dict[str, Any]:
    """The verdict with the note of the command line where a document is not named as it was sealed."""
    shown = receipt.shown()
    if "name" not in shown or has_sealed_name(Document(name, name, 0), Found("", receipt)):
        return verdict
    note = Note(None, Text.NAME_DIFFERS, {"name": name.rpartition("/")[2], "sealed": str(shown["name"])})
    return {**verdict, "notes": [*verdict["notes"], {"reason": None, "text": note.say(words(locale))}]}


def unlike(given: list[Given], shown: list[dict[str, Any]]) -> list[tuple[int, Any, Any]]:
    found = []
    for place, (one, page) in enumerate(zip(given, shown, strict=True)):
        python, verdict = expected(one), page["verdicts"][0] if page["verdicts"] else {}
        if not same(python, {name: verdict.get(name) for name in python}):
            found.append((place, python, page))
    return found


@in_chromium
class TestPage:
    def test_samples_and_mutants_show_the_verdict_of_python_and_ask_nobody(self, node: str) -> None:
        given = [*samples(), *mutants(60, seed=7)]
        shown = run_page([{"files": files_of(one)} for one in given], node, CHROMIUM)
        assert unlike(given, shown) == []
        assert shown[-1]["requests"] == []
        assert shown[-1]["faults"] == []

    @pytest.mark.deep
    @pytest.mark.parametrize("seed", range(4998, 5008))
    def test_2000_mutants_in_all_show_the_verdict_of_python(self, node: str, seed: int) -> None:
        given = list(mutants(200, seed))
        shown = run_page([{"files": files_of(one)} for one in given], node, CHROMIUM)
        assert unlike(given, shown) == []
        assert shown[-1]["faults"] == []

    @pytest.mark.parametrize("locale", LOCALES)
    def test_the_verdict_is_told_in_the_language_chosen(self, node: str, locale: str) -> None:
        full = stamped.full()
        given = Given(full.receipt.to_bytes(), full.document, full.trust.to_bytes())
        (shown,) = run_page([{"files": files_of(given), "locale": locale}], node, CHROMIUM)
        document = DocumentDigests(len(full.document), stamped_digests(full.document))
        verdict = verify_bytes(given.receipt, document, full.trust).to_json(locale)
        assert same(named(verdict, full.receipt, "it", locale), shown["verdicts"][0])
        assert shown["headlines"][0].startswith(words(locale).statuses[next(iter(words(locale).statuses))])

    def test_a_large_document_is_read_piece_by_piece(self, node: str, tmp_path: Path) -> None:
        full = stamped.full()
        large = tmp_path / "film.mkv"
        with large.open("wb") as file:
            file.truncate(300 * 1024 * 1024)
        receipt = tmp_path / "film.mkv.receipt.json"
        receipt.write_bytes(full.receipt.to_bytes())
        (shown,) = run_page([{"files": [str(large), str(receipt)]}], node, CHROMIUM)
        assert shown["verdicts"][0]["reason"] == "size-differs"
        assert shown["verdicts"][0]["checks"][1]["detail"].startswith(f"the document has {300 * 1024 * 1024} bytes")

    def test_several_documents_meet_their_receipts_by_what_they_hold(self, node: str) -> None:
        many = stamped.full().sealed
        files = [["receipts.json", encoded(bundle.dumps(many.receipts))]]
        files += [[f"a{place}", encoded(data)] for place, data in enumerate(many.documents)]
        (shown,) = run_page([{"files": files}], node, CHROMIUM)
        assert [verdict["checks"][1]["status"] for verdict in shown["verdicts"]] == ["PASSED"] * 3

    def test_a_bundle_is_opened_and_its_makers_trust_is_not_used_unasked(self, node: str) -> None:
        full = stamped.full()
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("receipts.json", bundle.dumps([full.receipt]))
            archive.writestr("trust.json", full.trust.to_bytes())
            archive.writestr("documents/A-1/发票.pdf", full.document)
        (shown,) = run_page([{"files": [["bundle.zip", encoded(packed.getvalue())]]}], node, CHROMIUM)
        python = Verifier().verify(full.receipt, DocumentDigests(len(full.document), stamped_digests(full.document)))
        assert same(named(python.to_json(), full.receipt, "documents/A-1/发票.pdf"), shown["verdicts"][0])
        assert shown["verdicts"][0]["status"] == "INDETERMINATE"
        assert shown["names"][0] == "documents/A-1/发票.pdf"

    def test_a_dev_chain_is_told_first(self, node: str) -> None:
        document, receipt, block = sealed.sample()
        trust = sealed.trust_in(block, dev=True).to_bytes()
        (shown,) = run_page([{"files": files_of(Given(receipt.to_bytes(), document, trust))}], node, CHROMIUM)
        assert shown["headlines"][0].startswith("PASSED – This is a development chain")

    @pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "a\\b", "C:x"])
    def test_a_bundle_with_an_unsafe_name_is_refused(self, node: str, name: str) -> None:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(zipfile.ZipInfo("receipts.json"), b"{}")
            archive.writestr(zipfile.ZipInfo(name), b"x")
        (shown,) = run_page([{"files": [["bundle.zip", encoded(packed.getvalue())]]}], node, CHROMIUM)
        assert "(zip-path-unsafe)" in shown["headlines"][0]
        assert shown["verdicts"] == []


def stamped_digests(data: bytes) -> dict[str, bytes]:
    return dict(sealed.document_of(data, browser_verifier.DIGESTS).digests)


class TestFile:
    def test_it_is_one_file_below_500_kb_that_may_ask_nobody(self) -> None:
        page = PAGE.read_text()
        policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
        assert PAGE.stat().st_size < 500_000
        assert policy is not None and policy[1].startswith("default-src 'none'; script-src 'sha256-")
        assert "connect-src" not in policy[1]
        assert not re.search(r"<(script|link|img|iframe)[^>]*\s(src|href)=", page)

    def test_its_source_never_sets_markup_from_data(self) -> None:
        for source in (browser_verifier.FOLDER / "src").glob("*.ts"):
            assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", source.read_text())

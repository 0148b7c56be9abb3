"""verify.html judges evidence records as `tallystick renew --validate` does: its core in Node, the page in Chromium."""

from __future__ import annotations

import base64
import hashlib
import io
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support import browser_records, record_vectors, stamped
from support.browser_records import GivenRecord
from support.browser_verifier import node_path, run_core, run_page, same

from notary.proofs import bundle
from notary.records.evidence_record import new_record
from notary.verdicts.reasons import LOCALES
from notary.verdicts.reasons.records import RECORD_WORDS, RecordReason
from notary.verdicts.trust import Trust

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
in_chromium = pytest.mark.skipif(not CHROMIUM, reason="there is no chromium here (Debian: apt-get install chromium)")


@pytest.fixture(scope="module")
def node() -> str:
    return node_path() or pytest.skip("there is no node with portal/verifier's packages here (scripts/setup)")


def differing(given: list[GivenRecord], found: list[Any]) -> list[tuple[int, Any, Any]]:
    both = [(place, one.python(), other) for place, (one, other) in enumerate(zip(given, found, strict=True))]
    return [(place, python, other) for place, python, other in both if not same(python, other)]


class TestCore:
    def test_every_record_has_the_verdict_of_python(self, tmp_path: Path, node: str) -> None:
        given = browser_records.samples()
        assert {one.python()["reason"] for one in given} >= {
            None, "er-invalid", "er-encrypted", "er-no-document", "er-object-missing", "er-root-differs",
            "er-chain-broken", "er-token-invalid", "er-token-untrusted", "er-token-expired", "er-token-revoked",
            "er-algorithm-weak",
        }  # fmt: skip
        assert differing(given, run_core(given, tmp_path, node)) == []

    def test_mutants_of_records_have_the_verdict_of_python(self, tmp_path: Path, node: str) -> None:
        given = list(browser_records.mutants(100, seed=4998))
        assert differing(given, run_core(given, tmp_path, node)) == []

    def test_a_token_with_another_tag_has_the_verdict_of_python(self, tmp_path: Path, node: str) -> None:
        given = list(browser_records.with_other_tags())
        assert len(given) > 400
        assert differing(given, run_core(given, tmp_path, node)) == []

    @pytest.mark.deep
    @pytest.mark.parametrize("seed", range(5))
    def test_many_mutants_of_records_have_the_verdict_of_python(self, tmp_path: Path, node: str, seed: int) -> None:
        given = list(browser_records.mutants(400, seed))
        assert differing(given, run_core(given, tmp_path, node)) == []


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def run_of(one: GivenRecord, **more: Any) -> dict[str, Any]:
    files = [["it.er", encoded(one.record)]]
    if one.document is not None:
        files.append(["it", encoded(one.document)])
    if one.trust is not None:
        files.append(["trust.json", encoded(one.trust)])
    return {"files": files, "at": one.at, **more}


def whole() -> GivenRecord:
    return browser_records.samples()[0]


@in_chromium
class TestPage:
    def test_records_and_mutants_show_the_verdict_of_python_and_ask_nobody(self, node: str) -> None:
        given = [*browser_records.samples(), *browser_records.mutants(30, seed=6)]
        shown = run_page([run_of(one) for one in given], node, CHROMIUM)
        assert differing(given, [page["verdicts"][0] for page in shown]) == []
        assert shown[-1]["requests"] == []
        assert shown[-1]["faults"] == []

    @pytest.mark.parametrize("locale", LOCALES)
    def test_a_reason_is_told_in_the_language_chosen(self, node: str, locale: str) -> None:
        (shown,) = run_page([run_of(replace(whole(), trust=None), locale=locale)], node, CHROMIUM)
        assert RECORD_WORDS[locale].meanings[RecordReason.TOKEN_UNTRUSTED] in shown["headlines"][0]

    def test_each_document_of_several_meets_its_own_record(self, node: str) -> None:
        names = ("record", "record-alone")
        vectors = {one.name: one for one in record_vectors.vectors() if one.name in names}
        files = [["b", encoded(vectors["record"].document or b"")], ["a", encoded(b"alone")], ["c", encoded(b"else")]]
        files += [[f"{name}.er", encoded(vectors[name].data)] for name in names]
        files.append(["trust.json", encoded(record_vectors.TRUST.to_bytes())])
        (shown,) = run_page([{"files": files, "at": record_vectors.NOW}], node, CHROMIUM)
        records = [verdict for verdict in shown["verdicts"] if "stamps" in verdict]
        assert [verdict["checks"][1]["status"] for verdict in records] == ["PASSED", "PASSED"]
        assert [verdict["reason"] for verdict in records] == [None, "er-token-expired"]

    def test_an_altered_document_meets_the_record_of_its_name(self, node: str) -> None:
        files = [["b", encoded(b"changed")], ["a", encoded(b"else")], ["b.er", encoded(whole().record)]]
        (shown,) = run_page([{"files": files, "at": whole().at}], node, CHROMIUM)
        records = [verdict for verdict in shown["verdicts"] if "stamps" in verdict]
        assert [verdict["reason"] for verdict in records] == ["er-object-missing"]

    def test_a_record_may_be_about_a_file_of_receipts(self, node: str) -> None:
        receipts = bundle.dumps([stamped.full().receipt])
        token = browser_records.token_over(receipts)
        record = new_record("sha256", (), token).to_bytes()
        given = GivenRecord(record, receipts, record_vectors.TRUST.to_bytes(), record_vectors.START + 9)
        files = [["case.receipts.json", encoded(receipts)], ["case.receipts.json.er", encoded(record)]]
        files.append(["trust.json", encoded(given.trust or b"")])
        (shown,) = run_page([{"files": files, "at": given.at}], node, CHROMIUM)
        assert given.python()["status"] == "PASSED"
        assert same(given.python(), shown["verdicts"][-1])

    def test_the_records_of_a_bundle_are_judged_with_its_documents(self, node: str) -> None:
        full = stamped.full()
        token = browser_records.token_over(full.document)
        given = GivenRecord(
            new_record("sha256", (), token).to_bytes(),
            full.document,
            Trust(authorities=record_vectors.TRUST.authorities).to_bytes(),
            record_vectors.START + 9,
        )
        files = {
            "documents/1/it": full.document,
            "receipts.json": bundle.dumps([full.receipt]),
            "records/1.er": given.record,
        }
        manifest = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items()))
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in {**files, "MANIFEST.sha256": manifest.encode()}.items():
                archive.writestr(name, data)
        listed = [["bundle.zip", encoded(packed.getvalue())], ["trust.json", encoded(given.trust or b"")]]
        (shown,) = run_page([{"files": listed, "at": given.at}], node, CHROMIUM)
        assert given.python()["status"] == "PASSED"
        assert same(given.python(), next(verdict for verdict in shown["verdicts"] if "stamps" in verdict))
        assert "records/1.er" in shown["names"]

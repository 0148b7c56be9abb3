"""verify.html judges bundles and reports as the command line does, and its list of results stays true meanwhile."""

from __future__ import annotations

import base64
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support import browser_bundles, browser_verifier, sealed, stamped
from support.browser_bundles import Case, differing, fault_of, run_files, zipped
from support.browser_verifier import run_page

from notary.court import layout
from notary.court.examine import BundleReason
from notary.court.zip_entries import ZipFault
from notary.proofs import bundle
from notary.verdicts.verify import Verifier
from portal.reading import installed_page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
in_chromium = pytest.mark.skipif(not CHROMIUM, reason="there is no chromium here (Debian: apt-get install chromium)")
NODE_TAKES = {"zip-deflated-more", "zip-deflated-twice"}  # bytes behind what was deflated; browsers refuse them


@pytest.fixture(scope="module")
def node() -> str:
    found = shutil.which("node")
    if not found or not (browser_verifier.FOLDER / "node_modules").is_dir():
        pytest.skip("there is no node with portal/verifier's packages here (scripts/setup)")
    return found


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("trust") / "trust.json"
    found.write_bytes(stamped.full().trust.to_bytes())
    return found


def compared(given: list[Case], trust: Path, folder: Path, node: str) -> list[tuple[str, Any, Any]]:
    return differing(given, run_files(given, trust.read_bytes(), folder, node), folder, trust)


def reported() -> list[Case]:
    found = [Case(label, f"{label}.zip", zipped(files)) for label, files in browser_bundles.with_reports()]
    return [*found, Case("alone", "it.pdf", browser_bundles.report())]


class TestCore:
    def test_every_bundle_has_the_results_of_the_command_line(self, node: str, trust: Path, tmp_path: Path) -> None:
        assert compared(browser_bundles.cases(), trust, tmp_path, node) == []

    def test_every_bundle_with_a_report_has_its_results_too(self, node: str, trust: Path, tmp_path: Path) -> None:
        assert compared(reported(), trust, tmp_path, node) == []

    def test_every_odd_zip_has_the_fault_of_the_command_line(self, node: str, trust: Path, tmp_path: Path) -> None:
        given = [one for one in browser_bundles.odd_zips() if one.label not in NODE_TAKES]
        assert compared(given, trust, tmp_path, node) == []

    def test_mutants_have_the_results_of_the_command_line(self, node: str, trust: Path, tmp_path: Path) -> None:
        assert compared(list(browser_bundles.mutants(300, 20261124)), trust, tmp_path, node) == []

    @pytest.mark.deep
    @pytest.mark.parametrize("seed", range(4))
    def test_many_mutants_have_them_too(self, node: str, trust: Path, tmp_path: Path, seed: int) -> None:
        assert compared(list(browser_bundles.mutants(2000, seed)), trust, tmp_path, node) == []

    def test_the_bundles_compared_have_every_reason_and_fault_there_is(self, trust: Path, tmp_path: Path) -> None:
        given = [*browser_bundles.cases(), *browser_bundles.odd_zips(), *reported()]
        said = [browser_bundles.python(one, tmp_path, trust) for one in given]
        reasons = {result["reason"] for one in said for result in one.get("results", ())}
        assert {"PASSED", "FAILED", "INDETERMINATE"} == {one["status"] for it in said for one in it.get("results", ())}
        assert set(BundleReason) <= reasons
        unmade = {ZipFault.TOO_MANY, ZipFault.TOO_LARGE}  # they take long to make
        assert set(ZipFault) - {one.get("fault") for one in said} == unmade


@in_chromium
class TestPage:
    def test_bundles_and_odd_zips_are_shown_as_the_command_line_says(
        self, node: str, trust: Path, tmp_path: Path
    ) -> None:
        good, *more = browser_bundles.cases()
        odd = [one for one in browser_bundles.odd_zips() if "bomb" not in one.label]
        given = [good, *more[::5], *odd[::6], *reported()]
        given += [one for one in odd if one.label in NODE_TAKES]
        known = ["trust.json", encoded(trust.read_bytes())]
        shown = run_page([{"files": [[one.name, encoded(one.data)], known]} for one in given], node, CHROMIUM)
        for one, page in zip(given, shown, strict=True):
            expected = browser_bundles.python(one, tmp_path, trust)
            if "fault" in expected:
                assert [fault_of(line) for line in page["headlines"]] == [expected["fault"]], one.label
                continue
            results = [(line["document"], line["status"], line["reason"]) for line in expected["results"]]
            cards = list(zip(page["names"], page["headlines"], page["texts"], strict=True))
            assert len(cards) == len(results), one.label
            for (name, status, reason), (heading, headline, text) in zip(results, cards, strict=True):
                assert headline.startswith(f"{status} "), (one.label, name)
                assert name in (heading, None) and (reason or "") in text, (one.label, name)
        assert shown[-1]["faults"] == []

    def test_a_report_is_read_and_said_to_be_uncompared(self, node: str) -> None:
        (shown,) = run_page([{"files": [["report.pdf", encoded(browser_bundles.report())]]}], node, CHROMIUM)
        assert [verdict["checks"][0]["status"] for verdict in shown["verdicts"]] == ["PASSED"] * 3
        assert "report-unchecked" in shown["headlines"][-1]
        assert shown["headlines"][-1].startswith("INDETERMINATE ")

    def test_the_page_knows_its_own_file_in_a_bundle(self, node: str) -> None:
        own = installed_page()
        assert own is not None
        for page, is_other in ((own, False), (own.replace(b"</html>", b"</html >"), True)):
            files = browser_bundles.listed({**browser_bundles.parts(), layout.PAGE: page})
            (shown,) = run_page([{"files": [["bundle.zip", encoded(zipped(files))]]}], node, CHROMIUM)
            assert any("page-unknown" in line for line in shown["headlines"]) == is_other

    def test_no_verdict_stays_under_a_trust_file_that_cannot_be_read(self, node: str) -> None:
        full = stamped.full()
        given = [["it.receipt.json", encoded(full.receipt.to_bytes())], ["it", encoded(full.document)]]
        given.append(["trust.json", encoded(full.trust.to_bytes())])
        broken = [["mine.json", encoded(b'{"format":"tallystick/trusted-blocks"}')]]
        good, bad = run_page([{"files": given}, {"files": given, "then": broken}], node, CHROMIUM)
        assert [verdict["status"] for verdict in good["verdicts"]] == ["PASSED"]
        assert "is missing" in bad["fault"]
        assert (bad["verdicts"], bad["headlines"], bad["status"]) == ([], [], "")

    def test_what_is_dropped_while_another_drop_is_read_is_not_lost(self, node: str) -> None:
        full = stamped.full()
        slow = ["all.receipts.json", encoded(bundle.dumps([full.receipt]) + b" " * 2**23)]
        (shown,) = run_page([{"drops": [[slow], [["it", encoded(full.document)]]]}], node, CHROMIUM)
        assert [verdict["checks"][1]["status"] for verdict in shown["verdicts"]] == ["PASSED"]

    def test_receipts_that_share_a_checkpoint_but_not_a_log_are_judged_each(self, node: str) -> None:
        document, receipt, block = sealed.sample()
        foreign = replace(receipt, log=replace(receipt.log, id=b"\x99" * 32))
        trust = sealed.trust_in(block, dev=True)
        read = sealed.document_of(document, browser_verifier.DIGESTS)
        python = {one.log.id: Verifier(trust).verify(one, read).to_json()["status"] for one in (receipt, foreign)}
        assert set(python.values()) == {"PASSED", "FAILED"}
        for order in ((receipt, foreign), (foreign, receipt)):
            files = [["all.receipts.json", encoded(bundle.dumps(order))], ["trust.json", encoded(trust.to_bytes())]]
            files += [[name, encoded(document)] for name in ("a", "b")]
            (shown,) = run_page([{"files": files}], node, CHROMIUM)
            assert sorted(verdict["status"] for verdict in shown["verdicts"]) == ["FAILED", "PASSED"]

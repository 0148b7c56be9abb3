"""One story of an agreement: drafted in two languages, read, signed, opened, exported, and checked by anybody."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support import reports
from support.portalworld import deployed_workspace, finalise, tallystick

from notary.report.render import compile_pdf, page_of
from portal.agreement.checking import agreement_of
from portal.agreement.facts import build
from portal.agreement.values import FILE
from portal.dossier.completion.checking import carried
from portal.dossier.completion.values import STATED

DRAFT = (
    *("plan", "draft", "aurora", "--debtor", "debtor", "--creditor", "creditor", "--token", "test"),
    *("--total", "1000", "--installments", "3", "--first-due", "2099-01-31", "--utc-offset", "-03:00"),
    *("--late-flat", "5", "--late-daily", "1", "--late-cap", "30", "--jurisdiction", "BR-business"),
    *("--collateral", "500", "--reserve", "300"),
)
AGREED = (
    *("--lang", "pt-BR", "--lang", "zh-Hans", "--prevails", "pt-BR"),
    *("--debtor-name", "Aurora Comércio de Peças Ltda.", "--creditor-name", "海联机械有限公司"),
)


@pytest.fixture(scope="module")
def w(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with deployed_workspace(tmp_path_factory.mktemp("agreement") / "w") as folder:
        yield folder


def verify(*words: object, expect: tuple[int, ...] = (0,)) -> Any:
    return tallystick("verify", *words, expect=expect).json


class TestAgreement:
    def test_an_agreement_from_the_draft_to_the_dossier(self, w: Path, tmp_path: Path) -> None:
        drafted = tallystick(*DRAFT, *AGREED, workspace=w).json
        pdf, plan = tmp_path / "agreement.pdf", Path(drafted["file"])
        written = tallystick("plan", "agreement", "aurora", "--to", pdf, workspace=w).json
        data = pdf.read_bytes()
        assert data == Path(drafted["agreement_file"]).read_bytes()
        assert written["sha256"] == hashlib.sha256(data).hexdigest() == drafted["agreement"]["sha256"]
        assert (written["languages"], written["prevails"]) == (["pt-BR", "zh-Hans"], "pt-BR")

        assert verify(pdf)["checks"][-1]["number"] == 2  # alone: the pages follow from the terms
        unsigned = verify(pdf, plan, expect=(3,))
        assert unsigned["reason"] == "agreement-unsigned"
        for party in ("debtor", "creditor"):
            tallystick("plan", "sign", "aurora", "--key", party, workspace=w)
        signed = verify(pdf, plan)
        assert [check["status"] for check in signed["checks"]] == ["PASSED"] * 5
        assert signed["plan_id"] == drafted["plan_id"]

        opened = ("plan", "open", "aurora", "--pledge-with", "debtor", "--without-record", "a test")
        tallystick(*opened, workspace=w)
        finalise(w)
        dossier = tmp_path / "aurora.dossier.json"
        tallystick("plan", "export", "aurora", "--to", dossier, workspace=w)
        assert verify(pdf, dossier)["status"] == "PASSED"

        salted = json.loads(dossier.read_text())
        paper = json.loads(salted["paper"])
        paper["agreement"]["salt"] = "0x" + "5a" * 32
        (tmp_path / "plan.json").write_text(json.dumps(paper))
        assert verify(pdf, tmp_path / "plan.json", expect=(1,))["reason"] == "agreement-salt-differs"
        salted["paper"] = json.dumps(paper)
        dossier.write_text(json.dumps(salted, separators=(",", ":"), sort_keys=True))
        assert verify(pdf, dossier, expect=(1,))["reason"] == "agreement-salt-differs"
        self.paid_and_said_in_the_same_languages(w, tmp_path, Path(drafted["agreement_file"]))

    def paid_and_said_in_the_same_languages(self, w: Path, tmp_path: Path, kept: Path) -> None:
        """The completion paper is in the agreement's languages, in others where that is said, else in English."""
        tallystick("plan", "pay", "aurora", "--key", "debtor", "--all", workspace=w)
        finalise(w)
        export = ("plan", "export", "aurora", "--to", tmp_path / "paid.dossier.json")
        four = ("--lang", "vi", "--lang", "de", "--lang", "en", "--lang", "pt-BR")
        assert tallystick(*export, *four, workspace=w, expect=(4,)).error == "portal.argument"

        def languages(*said: str) -> list[str]:
            written = Path(tallystick(*export, *said, workspace=w).json["completion"])
            check = verify(written, expect=(3,))["checks"][-1]  # nothing is known of the blocks
            assert (check["number"], check["status"]) == (8, "PASSED")
            stated = carried(written.read_bytes())
            assert stated is not None
            return list(json.loads(stated[STATED])["languages"])

        assert languages() == ["pt-BR", "zh-Hans"]
        assert languages("--lang", "vi", "--lang", "de", "--lang", "vi") == ["vi", "de"]
        kept.write_bytes(kept.read_bytes() + b"%")
        assert languages() == ["en"]

    def test_forged_agreements_fail_for_people_too(self, w: Path, tmp_path: Path) -> None:
        drafted = tallystick(*DRAFT[:2], "forged", *DRAFT[3:], *AGREED, workspace=w).json
        pdf = tmp_path / "agreement.pdf"
        tallystick("plan", "agreement", "forged", "--to", pdf, workspace=w)
        given = agreement_of(pdf.read_bytes())
        fonts = reports.fonts(given.languages)
        less = replace(given, terms=replace(given.terms, late_cap=given.terms.late_cap - 1))
        page, _ = page_of(build(less), fonts, frozenset())
        pdf.write_bytes(compile_pdf(page, {FILE: given.to_bytes()}, fonts, given.drawn_at))
        said = tallystick("verify", pdf, drafted["file"], "--locale", "zh-Hant", expect=(1,)).json
        assert said["reason"] == "agreement-number-differs"
        assert said["checks"][1]["title"] == "每一頁所寫的都與這些條款一致"

    def test_a_plan_without_an_agreement_has_none_to_write_out(self, w: Path, tmp_path: Path) -> None:
        tallystick(*DRAFT[:2], "bare", *DRAFT[3:], workspace=w)
        refused = tallystick("plan", "agreement", "bare", "--to", tmp_path / "a.pdf", workspace=w, expect=(4,))
        assert refused.error == "portal.file-missing"
        two = tallystick(*DRAFT[:2], "two", *DRAFT[3:], "--lang", "en", "--lang", "de", workspace=w, expect=(4,))
        assert two.error == "portal.argument"

    def test_an_agreement_that_was_sealed_is_verified_as_evidence(self, w: Path, tmp_path: Path) -> None:
        tallystick(*DRAFT[:2], "sealed", *DRAFT[3:], "--lang", "en", workspace=w)
        pdf = tmp_path / "agreement.pdf"
        tallystick("plan", "agreement", "sealed", "--to", pdf, workspace=w)
        tallystick("case", "new", "agreements", workspace=w)
        tallystick("seal", "agreements", pdf, workspace=w)
        tallystick("receipts", "export", "agreements", "--to", tmp_path / "receipts", workspace=w)
        (receipt,) = (tmp_path / "receipts").rglob("*.receipt.json")
        assert "results" in verify(pdf, "--receipt", receipt, expect=(3,))

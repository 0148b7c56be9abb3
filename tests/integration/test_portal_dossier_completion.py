"""Completion papers as PDF: made, read back, checked by making them again."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pypdf
import pytest
from pypdf.annotations import FreeText
from support import reports
from support.dossiers import knowing, made_dossier, signed_paper, unsigned
from support.portalworld import tallystick
from support.settlement_samples import DAY, DEBTOR, NOW, WEEKLY

from notary.report.fonts import Fonts
from notary.report.render import compile_pdf, page_of
from notary.report.text import BREAK
from notary.service_errors import FontsMissing
from notary.verdicts.verdict import Status
from portal.dossier.completion.checking import carried, check_paper
from portal.dossier.completion.facts import build
from portal.dossier.completion.render import completion_pdf, paper_edition
from portal.dossier.completion.values import DOSSIER, LANGUAGES, STATED, Completion
from portal.dossier.file import Dossier
from portal.dossier.verdict import PlanCheck
from portal.dossier.words import PlanReason

PAID = made_dossier(until=NOW + 30 * DAY)
UNPAID = made_dossier(payments=((NOW + DAY, 400, DEBTOR),), until=NOW + 30 * DAY)


def completion(dossier: Dossier = PAID, *languages: str) -> Completion:
    return Completion.of(dossier.to_bytes(), languages or ("en",))


def pdf_of(given: Completion) -> bytes:
    return completion_pdf(given, reports.fonts(given.languages))


@pytest.fixture(scope="module")
def paper() -> bytes:
    return pdf_of(completion())


def forged(shown: Completion, files: dict[str, bytes]) -> bytes:
    """A paper that prints one thing and carries another."""
    fonts = reports.fonts(shown.languages)
    page, _ = page_of(build(shown), fonts, frozenset())
    return compile_pdf(page, files, fonts, build(shown).made_at)


def honest(given: Completion) -> dict[str, bytes]:
    return replace(given, edition=paper_edition()).files()


def changed(pdf: bytes, change: Callable[[Any], None]) -> bytes:
    """The PDF, written anew by another program with a change."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def check(pdf: bytes, fonts_of: Callable[[tuple[str, ...]], Fonts] = reports.fonts) -> PlanCheck:
    files = carried(pdf)
    assert files is not None
    return check_paper(pdf, files, fonts_of)


def text_of(pdf: bytes) -> str:
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).replace(BREAK, "").split())


class TestPaper:
    def test_is_the_same_for_the_same_dossier(self, paper: bytes) -> None:
        assert pdf_of(completion()) == paper
        assert pdf_of(completion(made_dossier())) != paper

    @pytest.mark.parametrize(
        "languages", [*((one,) for one in LANGUAGES), ("en", "zh-Hans"), LANGUAGES[:3], LANGUAGES[3:]], ids="+".join
    )
    def test_says_what_it_is_about_in_each_language_and_passes(self, languages: tuple[str, ...]) -> None:
        given = completion(PAID, *languages)
        pdf = pdf_of(given)
        text = text_of(pdf)
        said = {
            "en": "nothing more is owed under this plan",
            "zh-Hans": "本计划项下不再欠付任何款项",
            "zh-Hant": "本計劃項下不再欠付任何款項",
            "pt-BR": "nada mais é devido neste plano",
            "vi": "không còn nợ khoản nào theo kế hoạch này",
            "de": "ist aus diesem Plan nichts mehr geschuldet",
        }
        for language, sentence in said.items():
            assert (sentence.replace(" ", "") in text.replace(" ", "")) == (language in languages)
        assert given.dossier.paper.id in text.replace(" ", "")
        assert "[U+" not in text
        assert check(pdf).status is Status.PASSED

    def test_carries_the_very_dossier(self, paper: bytes) -> None:
        files = carried(paper)
        assert files is not None
        assert files[DOSSIER] == PAID.to_bytes()
        assert sorted(files) == sorted((DOSSIER, STATED))

    def test_of_names_in_any_script_passes(self) -> None:
        for name in ("合同 第1号", "😀👨👩", "محضر اجتماع", "a" * 80, "#set $x$ *b* @ref `c`", "สัญญา"):
            given = completion(made_dossier(signed_paper(name=name)))
            assert check(pdf_of(given)).status is Status.PASSED, name

    @pytest.mark.deep
    def test_of_a_thousand_payments_is_made_and_passes(self) -> None:
        payments = tuple((NOW + DAY + place, 1, DEBTOR) for place in range(1000))
        given = completion(made_dossier(signed_paper(WEEKLY), payments))
        pdf = pdf_of(given)
        assert check(pdf).status is Status.PASSED
        assert len(pypdf.PdfReader(io.BytesIO(pdf)).pages) > 30
        assert given.verdict.payments[-1].tx.hex() in text_of(pdf).replace(" ", "")


class TestCheck:
    def test_passes_a_paper_that_another_program_wrote_anew(self, paper: bytes) -> None:
        assert check(changed(paper, lambda _: None)).status is Status.PASSED

    def test_fails_a_paper_that_prints_other_payments(self) -> None:
        more = completion(made_dossier(payments=((NOW + DAY, 500, DEBTOR), (NOW + 2 * DAY, 500, DEBTOR))))
        found = check(forged(more, honest(completion())))
        assert (found.status, found.reason) == (Status.FAILED, PlanReason.PAPER_DIFFERS)

    def test_fails_a_paper_whose_dossier_is_of_an_unpaid_plan(self) -> None:
        files = {**honest(completion()), DOSSIER: UNPAID.to_bytes()}
        found = check(forged(completion(), files))
        assert (found.status, found.reason) == (Status.FAILED, PlanReason.PAPER_UNFOUNDED)

    def test_fails_a_paper_with_something_laid_over_it(self, paper: bytes) -> None:
        def cover(writer: Any) -> None:
            writer.add_annotation(0, FreeText(text="100,000.00 TUSD", rect=(50, 650, 400, 750)))

        found = check(changed(paper, cover))
        assert (found.status, found.reason) == (Status.FAILED, PlanReason.PAPER_DIFFERS)

    def test_fails_a_paper_that_lacks_a_page(self, paper: bytes) -> None:
        found = check(changed(paper, lambda writer: writer.remove_page(1)))
        assert (found.status, found.reason) == (Status.FAILED, PlanReason.PAPER_DIFFERS)

    def test_fails_a_paper_that_carries_more_or_no_dossier(self) -> None:
        given = completion()
        for files in ({**honest(given), "more.json": b"{}"}, {STATED: honest(given)[STATED]}):
            found = check(forged(given, files))
            assert (found.status, found.reason) == (Status.FAILED, PlanReason.PAPER_UNFOUNDED)

    def test_cannot_compare_a_paper_of_another_edition_and_never_passes_a_different_one(self, paper: bytes) -> None:
        given, other = completion(), made_dossier(payments=((NOW + DAY, 1000, DEBTOR),))
        stated = replace(given, edition="00" * 32).files()
        assert check(forged(given, stated)).status is Status.PASSED  # not one page differs
        found = check(forged(completion(other), stated))
        assert (found.status, found.reason) == (Status.INDETERMINATE, PlanReason.PAPER_UNCHECKED)

    def test_cannot_compare_without_fonts(self, paper: bytes) -> None:
        def none(_: tuple[str, ...]) -> Fonts:
            raise FontsMissing("en", ("Noto Sans",), ())

        found = check(paper, none)
        assert (found.status, found.reason) == (Status.INDETERMINATE, PlanReason.PAPER_UNCHECKED)

    def test_raises_nothing_for_altered_bytes(self, paper: bytes) -> None:
        rng, refused, failed = random.Random(5), 0, 0
        for _ in range(20):
            mutant = bytearray(paper)
            for _ in range(rng.choice((1, 1, 8))):
                mutant[rng.randrange(len(mutant))] ^= 1 << rng.randrange(8)
            files = carried(bytes(mutant))
            if files is None:
                refused += 1
                continue
            found = check_paper(bytes(mutant), files, reports.fonts)
            failed += found.status is not Status.PASSED
        assert failed > 3
        assert refused + failed > 8


class TestVerify:
    def test_judges_the_dossier_and_the_paper(
        self, paper: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TALLYSTICK_FONTS", str(reports.FOLDER))
        file, trust = tmp_path / "smith.pdf", tmp_path / "trust.json"
        file.write_bytes(paper)
        trust.write_bytes(knowing(PAID).to_bytes())
        passed = tallystick("verify", file, "--trust", trust).json
        assert (passed["status"], passed["account"]["state"]) == ("PASSED", "completed")
        assert [check["number"] for check in passed["checks"]] == [1, 2, 3, 4, 5, 6, 8]
        unknown = tallystick("verify", file, "--locale", "zh-Hant", expect=(3,)).json
        assert unknown["reason"] == "block-unconfirmed"

        more = completion(made_dossier(payments=((NOW + DAY, 500, DEBTOR), (NOW + 2 * DAY, 500, DEBTOR))))
        file.write_bytes(forged(more, honest(completion())))
        failed = tallystick("verify", file, "--trust", trust, expect=(1,)).json
        assert (failed["status"], failed["reason"]) == ("FAILED", "paper-differs")

        nobody = unsigned(PAID, b"\7" * 64, b"")
        file.write_bytes(pdf_of(completion(nobody)))
        open_still = tallystick("verify", file, "--trust", trust, expect=(3,)).json
        assert open_still["reason"] == "wallet-unasked"

    def test_takes_a_paper_with_a_receipt_of_its_own_for_a_document(self, paper: bytes, tmp_path: Path) -> None:
        (tmp_path / "smith.pdf").write_bytes(paper)
        (tmp_path / "smith.pdf.receipt.json").write_bytes(b"{}")
        found = tallystick("verify", tmp_path / "smith.pdf", expect=(1, 3)).json
        assert "results" in found

    def test_refuses_a_paper_whose_dossier_is_none(self, tmp_path: Path) -> None:
        file = tmp_path / "smith.pdf"
        for dossier in ({}, {DOSSIER: b"{}"}):
            file.write_bytes(forged(completion(), {STATED: honest(completion())[STATED], **dossier}))
            assert tallystick("verify", file, expect=(4,)).error == "portal.dossier"

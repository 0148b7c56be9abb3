"""Everything that the check of a dossier says, in each language."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.dossiers import knowing, made_dossier, signed_paper, unsigned
from support.portalworld import tallystick
from support.settlement_samples import BOOK, DAY, DEBTOR, ESCROW, MODULE, MONTHLY, NOW

from notary.verdicts.reasons import LOCALES, said
from notary.verdicts.trust import Trust
from notary.verdicts.verdict import Status
from portal.cli import main
from portal.dossier.check import check_dossier
from portal.dossier.verdict import PlanCheck, PlanVerdict
from portal.dossier.words import CHECKS, PlanReason, PlanText, words
from portal.papers import Paper
from settlement.plan import State

CHINESE = [locale for locale in LOCALES if locale != "en"]
HAN = re.compile(r"[\u4e00-\u9fff]")
ENGLISH = re.compile(r"[A-Za-z]{2,}(?:[ ,;:']+[A-Za-z]{2,}){2,}")  # three words in a row
LOCAL = {"text", "meaning"}  # an error's text is in English; elsewhere the reason's own sentence stands for it
BARE = {PlanText.CONTRACT}  # nothing but its values
SIMPLIFIED, TRADITIONAL = set("档计划约条签钥账这链区块时间"), set("檔計劃約條簽鑰帳這鏈區塊時間")


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def verdicts() -> Iterator[PlanVerdict]:
    """Dossiers in which about everything is right or wrong once."""
    made, late = made_dossier(), made_dossier(payments=((NOW + DAY, 100, DEBTOR),), until=NOW + 60 * DAY)
    paper = made.paper
    one = made.receipts[0]
    unread = (*made.headers[:-1], b"\xc0")
    for dossier in (
        made,
        late,
        unsigned(made, b"\7" * 64, b""),
        replace(made, paper=replace(paper, signatures=(None, None))),
        replace(made, contracts=()),
        replace(made, chain_id=5),
        replace(made, contracts=(replace(made.contracts[0], abi="[]"),)),
        replace(made, paper=replace(paper, terms=replace(MONTHLY, installments=601))),
        replace(made, events=()),
        replace(made, events=made.events[1:]),
        replace(made, events=made.events[::-1]),
        replace(made, events=((0, 9),)),
        replace(made, receipts=(replace(one, block=1), *made.receipts[1:])),
        replace(made, receipts=(replace(one, path=(b"\xc0",)), *made.receipts[1:])),
        replace(made, headers=unread),
        replace(made, headers=(*made.headers, made.headers[0])),
        replace(made, paper=signed_paper(replace(MONTHLY, salt=b"\7" * 32))),
    ):
        for trust in (knowing(made), knowing(late), knowing(made, MODULE, dev=True), Trust()):
            yield check_dossier(dossier, trust)
    yield check_dossier(unsigned(made, b"", b""), knowing(made, BOOK))
    told = said(PlanText.BOOK_OTHER, node="a", now=1, then=2)
    yield check_dossier(made, Trust(), lambda *_: PlanCheck(7, Status.INDETERMINATE, told, PlanReason.LATER_EVENTS))


class TestWords:
    @pytest.mark.parametrize("locale", LOCALES)
    def test_every_code_has_its_words_in_every_language(self, locale: str) -> None:
        language = words(locale)
        assert language.locale == locale
        assert set(language.meanings) >= set(PlanReason)
        assert set(language.texts) >= set(PlanText)
        assert len(set(language.titles)) == CHECKS
        assert {f"plan-state-{state.name.lower()}" for state in State if state} <= set(language.texts)

    @pytest.mark.parametrize("locale", CHINESE)
    def test_templates_take_the_same_values_in_every_language(self, locale: str) -> None:
        for text in PlanText:
            mine, english = (placeholders(words(one).texts[text]) - LOCAL for one in (locale, "en"))
            assert mine == english, text

    @pytest.mark.parametrize("locale", CHINESE)
    def test_every_sentence_is_in_chinese_of_one_script(self, locale: str) -> None:
        language = words(locale)
        sentences = [*language.titles, language.not_proven, *(language.meanings[reason] for reason in PlanReason)]
        sentences += [language.texts[text] for text in PlanText if text not in BARE]
        for sentence in sentences:
            assert HAN.search(sentence) and not ENGLISH.search(sentence), sentence
        other = TRADITIONAL - SIMPLIFIED if locale == "zh-Hans" else SIMPLIFIED - TRADITIONAL
        assert not set("".join(sentences)) & other

    def test_whatever_comes_out_is_told_in_every_language(self) -> None:
        reasons = set()
        for verdict in verdicts():
            told = {locale: verdict.to_json(locale) for locale in LOCALES}
            reasons |= {check.reason for check in verdict.checks}
            for locale in LOCALES:
                assert told[locale]["reason"] == told["en"]["reason"]
                for check in told[locale]["checks"]:
                    assert check["title"] and check["detail"]
                    assert locale == "en" or not ENGLISH.search(check["detail"]), check
        assert reasons >= set(PlanReason) - {
            PlanReason.SIGNATURE_INVALID,
            PlanReason.MONEY_DIFFERS,
            PlanReason.CODE_DIFFERS,
            PlanReason.NODE_SILENT,
            PlanReason.PAPER_UNFOUNDED,
            PlanReason.PAPER_DIFFERS,
            PlanReason.PAPER_UNCHECKED,
        }

    @pytest.mark.parametrize("locale", ["", "zh", "de", "../en"])
    def test_another_language_is_refused(self, locale: str) -> None:
        with pytest.raises(ValueError, match="no words"):
            words(locale)


class TestCommand:
    def test_verify_says_it_in_the_language_that_was_asked_for(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "plan.json"
        file.write_bytes(made_dossier().to_bytes())
        for locale in LOCALES:
            found = tallystick("verify", file, "--locale", locale, expect=(3,)).json
            assert (found["reason"], found["text"]) == (
                "block-unconfirmed",
                words(locale).meanings[PlanReason.BLOCK_UNCONFIRMED],
            )
            capsys.readouterr()
            assert main(["verify", str(file), "--locale", locale]) == 3
            shown = capsys.readouterr().out
            assert words(locale).titles[0] in shown and words(locale).not_proven in shown

    def test_verify_refuses_the_dossier_of_an_escrow(self, tmp_path: Path) -> None:
        file = tmp_path / "escrow.json"
        file.write_bytes(replace(made_dossier(), paper=Paper("e", 1, BOOK, "TUSD", 2, ESCROW)).to_bytes())
        assert tallystick("verify", file, expect=(4,)).error == "portal.dossier"

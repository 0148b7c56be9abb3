"""What a completion paper is made of and what it says, before it is set."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest
from support.dossiers import ON_TIME, made_dossier, signed_paper, unsigned
from support.settlement_samples import COLLATERAL, DAY, DEBTOR, MONTHLY, NOW, WEEKLY

from notary.errors import FormatInvalid
from notary.report.values import Bullets, Heading, Pairs, Paragraph, Said, Table
from portal.agreement.words import sentences as agreement_sentences
from portal.cli.plan_agreement import LANGUAGES as OFFERED
from portal.cli.plan_export import MOST, completed, completion_beside
from portal.dossier.completion.facts import build
from portal.dossier.completion.values import DOSSIER, LANGUAGES, MAX_LANGUAGES, STATED, Completion
from portal.dossier.completion.words import sentences
from portal.dossier.file import Dossier
from portal.errors import DossierInvalid, PlanNotCompleted
from portal.papers import Opening
from settlement.commitments import agreement_commitment, jurisdiction_commitment
from settlement.plan import apply_open, apply_pay

LATE = ((NOW + DAY, 400, DEBTOR), (MONTHLY.first_due_at + 140 * DAY, 10**9, DEBTOR))
"""What pays MONTHLY with late charges."""


def completion(dossier: Dossier | None = None, *languages: str) -> Completion:
    data = (made_dossier(until=NOW + 30 * DAY) if dossier is None else dossier).to_bytes()
    return Completion.of(data, languages or ("en",))


def printed(given: Completion) -> str:
    """Everything that the paper prints, in its order."""
    report = build(given)
    return "\n".join(
        [*flat(report.title), *flat(report.footer), *(text for one in report.blocks for text in texts(one))]
    )


def flat(said: Said) -> list[str]:
    return [said] if isinstance(said, str) else list(said)


def texts(block: object) -> Iterator[str]:
    match block:
        case Heading() | Paragraph():
            yield from flat(block.text)
        case Bullets(items):
            for item in items:
                yield from flat(item)
        case Pairs(rows):
            for name, value in rows:
                yield from (*flat(name), *(text for line in value for text in flat(line.text)))
        case Table(_, rows):
            for cells in rows:
                yield " | ".join(text for one in cells for line in one for text in flat(line.text))
        case _:
            raise AssertionError(block)


class TestCompletion:
    @pytest.mark.parametrize(
        ("payments", "owed"),
        [((), 1000), (ON_TIME[:1], 600), (((NOW + DAY, 999, DEBTOR),), 1)],
    )
    def test_is_refused_of_a_plan_that_owes_something(
        self, payments: tuple[tuple[int, int, str], ...], owed: int
    ) -> None:
        with pytest.raises(PlanNotCompleted, match=f"{owed} units are owed as of the final block 11000"):
            completion(made_dossier(payments=payments, until=NOW + 2 * DAY))
        completion(made_dossier(payments=(*payments, (NOW + DAY, owed, DEBTOR))))

    def test_is_refused_where_late_charges_alone_are_left(self) -> None:
        terms, late = MONTHLY, MONTHLY.first_due_at + 10 * DAY
        account, _ = apply_open(terms, at=NOW)
        _, events = apply_pay(terms, account, at=late, amount=1000, payer=DEBTOR)
        assert len(events) > 1
        with pytest.raises(PlanNotCompleted, match="20 units are owed"):
            completion(made_dossier(payments=((late, 1000, DEBTOR),)))

    def test_is_refused_of_a_plan_that_was_not_opened(self) -> None:
        with pytest.raises(PlanNotCompleted, match="not opened"):
            completion(replace(made_dossier(), receipts=(), events=()))

    def test_is_refused_of_a_dossier_that_fails(self) -> None:
        made = made_dossier()
        with pytest.raises(DossierInvalid, match="history-inconsistent"):
            completion(replace(made, events=made.events[1:]))

    def test_a_payment_is_missing_from_no_paper(self) -> None:
        """Every payment states the sums after it: without one there is no completion that adds up."""
        made = made_dossier()
        for left_out in range(1, len(made.events) - 1):
            with pytest.raises((DossierInvalid, PlanNotCompleted)):
                completion(replace(made, events=(*made.events[:left_out], *made.events[left_out + 1 :])))

    def test_reads_what_it_wrote(self) -> None:
        given = replace(completion(None, "zh-Hant", "en"), unshown=frozenset({0x1F600, 7}), edition="ab")
        assert Completion.from_files(given.files()) == given

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            (b'"en"', b'"fr"'),
            (b'"en"', b'"de","en","pt-BR","vi"'),
            (b'["en"]', b'["en","en"]'),
            (b'["en"]', b"[]"),
            (b'"unshown":[]', b'"unshown":[0]'),
            (b'"unshown":[]', b'"unshown":[true]'),
            (b'"unshown":[]', b'"unshown":[7,7]'),
            (b'"version":1', b'"version":2'),
            (b'"version":1', b'"version":1,"x":1'),
            (b"completion", b"completed"),
        ],
    )
    def test_refuses_what_no_paper_states(self, old: bytes, new: bytes) -> None:
        files = completion().files()
        assert old in files[STATED]
        with pytest.raises(FormatInvalid):
            Completion.from_files({**files, STATED: files[STATED].replace(old, new, 1)})

    def test_refuses_another_file_beside(self) -> None:
        files = completion().files()
        for wrong in ({**files, "more.json": b"{}"}, {STATED: files[STATED]}, {}):
            with pytest.raises(FormatInvalid):
                Completion.from_files(wrong)
        with pytest.raises(DossierInvalid):
            Completion.from_files({**files, DOSSIER: b"{}"})


class TestFacts:
    def test_print_parties_every_payment_and_the_sums(self) -> None:
        given = completion(made_dossier(payments=LATE, until=NOW + 300 * DAY))
        text, terms = printed(given), MONTHLY
        for one in (terms.debtor, terms.creditor, terms.token, given.dossier.paper.book, given.dossier.paper.id):
            assert one in text
        assert "nothing more is owed" in text
        assert re.search(r"As of block 11000, 28 October 2027, 00:00:00 UTC", text)
        first, second = given.verdict.payments
        assert (first.event.taken, second.event.principal) == (400, 600)
        assert second.event.charges > 0
        whole = 1000 + second.event.charges
        for number, paid in enumerate((first, second), 1):
            row = next(line for line in text.splitlines() if line.startswith(f"{number} | "))
            assert f"{paid.event.taken // 100}.{paid.event.taken % 100:02} TUSD" in row
            assert f"block {paid.block}, place 0" in row
            assert paid.tx.hex() in row and paid.event.payer in row
        assert f"{whole // 100}.{whole % 100:02} TUSD" in text

    def test_print_every_figure_of_the_terms(self) -> None:
        text = printed(completion())
        for figure in ("10.00 TUSD", "1 month(s), on day 31", "0.10 TUSD once, 0.01 TUSD a day, 0.40 TUSD at most"):
            assert figure in text
        assert "when 2 installments are late" in text and "more than 90 days" in text and "5 days" in text
        weekly = signed_paper(replace(WEEKLY, late_flat=0, late_daily=0, late_cap=0, grace_seconds=90))
        other = printed(completion(made_dossier(weekly)))
        assert "7 days" in other and "90 seconds" in other and "none" in other

    def test_print_sums_as_they_were_signed_whatever_the_dossier_calls_the_token(self) -> None:
        """Symbol and decimals are not signed: offline, nothing but units says how much it is."""
        misleading = replace(signed_paper(), symbol="BTC", decimals=0)
        for paper in (signed_paper(), misleading):
            assert printed(completion(made_dossier(paper))).count("1000 smallest units") == 3

    def test_print_what_the_dossier_opens(self) -> None:
        opened = {"agreement": Opening("ab" * 32, b"\1" * 32), "jurisdiction": Opening("BR-company", b"\2" * 32)}
        terms = replace(
            MONTHLY,
            agreement=agreement_commitment(b"\1" * 32, bytes.fromhex("ab" * 32)),
            jurisdiction=jurisdiction_commitment(b"\2" * 32, "BR-company"),
        )
        paper = replace(signed_paper(terms), **opened)  # type: ignore[arg-type]  # two members of one type
        text = printed(completion(made_dossier(paper)))
        assert "ab" * 32 in text and "BR-company" in text
        assert "not disclosed" in printed(completion()) and "not disclosed" not in text
        assert COLLATERAL.token not in text

    def test_say_that_a_development_chain_proves_nothing(self) -> None:
        assert "development chain" in printed(completion(made_dossier(signed_paper(chain_id=31337))))
        assert "development chain" not in printed(completion())

    def test_are_the_same_whoever_knows_the_blocks_and_at_any_time(self) -> None:
        made = made_dossier()
        assert build(completion(made)) == build(completion(made))
        wallets = completion(unsigned(made, b"\7" * 64, b""))  # what they are worth, the check says
        assert "nothing more is owed" in printed(wallets)

    @pytest.mark.parametrize("locale", LANGUAGES)
    def test_every_sentence_is_used_with_the_same_values_in_every_language(self, locale: str) -> None:
        english, own = sentences("en"), sentences(locale)
        assert list(own) == list(english)
        assert len(own["date.months"].split()) == 12
        for key, text in own.items():
            names = [{name for _, name, _, _ in string.Formatter().parse(one) if name} for one in (text, english[key])]
            assert names[0] == names[1], key
        module = import_module("portal.dossier.completion.facts").__file__
        source = Path(str(module)).read_text()
        made = {"allocation.principal", "allocation.charges", "role.debtor", "role.creditor", "role.guarantor"}
        made |= {"days", "minutes"}
        made |= {"list.pair", "date.months", "date.form", "date.utc"}  # notary.report.words.Speaker
        assert {key for key in english if f'"{key}"' not in source} <= made

    @pytest.mark.parametrize("locale", LANGUAGES[1:])
    def test_no_sentence_was_left_in_english(self, locale: str) -> None:
        english, own = sentences("en"), sentences(locale)
        same = {key for key, text in english.items() if own[key] == text}
        assert all(len(english[key].split()) <= 3 for key in same), same

    def test_call_things_as_the_agreement_does(self) -> None:
        for language in ("pt-BR", "vi", "de"):
            agreed, own = agreement_sentences(language), sentences(language)
            for name in ("grace", "default", "installments", "interval", "jurisdiction"):
                assert own[f"terms.{name}"] == agreed[name]
            assert own["terms.pledge"] == agreed["collateral"]
            assert own["terms.late"].startswith(agreed["late"])
            assert agreed["figures"].startswith(own["figures"])

    def test_say_everything_in_each_language(self) -> None:
        text = printed(completion(None, "en", "zh-Hans", "zh-Hant"))
        for part in ("nothing more is owed", "不再欠付任何款项", "不再欠付任何款項", "2027年1月31日"):
            assert part in text
        text = printed(completion(None, "pt-BR", "vi", "de"))
        dates = ("31 de janeiro de 2027, 00:00:00 UTC", "ngày 31 tháng 1 năm 2027, 00:00:00 UTC", "31. Januar 2027, ")
        for part in ("nada mais é devido", "không còn nợ khoản nào", "nichts mehr geschuldet", *dates):
            assert part in text


class TestExport:
    def test_takes_the_languages_that_there_are_words_in_and_as_many_as_a_page_holds(self) -> None:
        assert OFFERED == LANGUAGES
        assert MOST == MAX_LANGUAGES

    @pytest.mark.parametrize(
        ("dossier", "paper"),
        [
            ("smith.dossier.json", "smith.completion.pdf"),
            ("a/smith.json", "a/smith.completion.pdf"),
            ("smith", "smith.completion.pdf"),
            (".json", ".json.completion.pdf"),
        ],
    )
    def test_puts_the_paper_beside_the_dossier(self, dossier: str, paper: str) -> None:
        assert completion_beside(Path(dossier)) == Path(paper)

    def test_makes_no_paper_of_an_unpaid_plan_and_says_so_to_whoever_demands_one(self) -> None:
        unpaid = made_dossier(payments=ON_TIME[:1]).to_bytes()
        assert completed(unpaid, ("en",), demanded=False) is None
        with pytest.raises(PlanNotCompleted):
            completed(unpaid, ("en",), demanded=True)
        assert completed(made_dossier().to_bytes(), ("en",), demanded=False) is not None

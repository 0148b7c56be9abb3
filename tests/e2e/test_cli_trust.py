"""Papers of strangers through the command line: what does not fit this workspace is neither signed nor paid on."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from support.portalworld import Answer, deployed_workspace, tallystick
from support.signing import UNRECORDED

from portal.papers import Paper
from settlement.terms import Terms, collateral_terms_hash

FOREIGN = "0x" + "66" * 20


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("trust")
    with deployed_workspace(folder / "w"):
        yield folder


@pytest.fixture(scope="module")
def w(place: Path) -> Path:
    return place / "w"


@pytest.fixture(scope="module")
def pledged(w: Path) -> Paper:
    """A drafted plan with collateral."""
    return drafted(w, "pledged", "--collateral", "500", "--reserve", "300")


@pytest.fixture(scope="module")
def running(w: Path) -> Paper:
    """An open plan."""
    paper = drafted(w, "running")
    for key in ("debtor", "creditor"):
        tallystick("plan", "sign", "running", "--key", key, workspace=w)
    tallystick("plan", "open", "running", *UNRECORDED, workspace=w)
    return paper


def drafted(w: Path, name: str, *options: str) -> Paper:
    words = ("--debtor", "debtor", "--creditor", "creditor", "--token", "test", "--total", "1200")
    when = ("--installments", "12", "--first-due", "2099-01-31")
    answer = tallystick("plan", "draft", name, *words, *when, *options, workspace=w)
    return Paper.read(Path(answer.json["file"]))


def offer(place: Path, paper: Paper, name: str) -> Path:
    """The paper as a file that came from somebody, under another name."""
    file = place / f"{name}.json"
    file.write_bytes(replace(paper, name=name).to_bytes())
    return file


def with_terms(paper: Paper, **changes: object) -> Paper:
    assert isinstance(paper.terms, Terms)
    return replace(paper, terms=replace(paper.terms, **changes))  # type: ignore[arg-type]  # any field's value


def refused(w: Path, code: str, *words: object) -> Answer:
    """Run a command that must be refused: nothing is stored and no transaction is recorded."""
    before = counts(w)
    answer = tallystick(*words, workspace=w, expect=None)
    assert answer.error == code, answer.text
    assert answer.code != 0
    assert counts(w) == before
    return answer


def counts(w: Path) -> dict[str, int]:
    with closing(sqlite3.connect(w / "tallystick.sqlite")) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {t: connection.execute(f'SELECT count(*) FROM "{t}"').fetchone()[0] for t in tables}


def paid(answer: Answer) -> int:
    (event,) = (event for event in answer.json["events"] if event["name"] == "Paid")
    return int(event["args"]["principal"])


class TestSigning:
    def test_a_foreign_collateral_contract_is_shown_as_such_and_never_signed(
        self, place: Path, w: Path, pledged: Paper
    ) -> None:
        file = offer(place, with_terms(pledged, collateral=FOREIGN), "foreign")
        assert tallystick("plan", "show", file, workspace=w).json["collateral_is_ours"] is False
        assert tallystick("plan", "show", "pledged", workspace=w).json["collateral_is_ours"] is True
        before = file.read_bytes()
        for words in (
            ("sign", file, "--key", "debtor"),
            ("sign", file, "--key", "nobody"),  # refused before any key is looked for
            ("sign", file, "--role", "debtor", "--signature", "0x" + "11" * 65),
            ("open", file),
            ("show", file, "--typed-data"),
        ):
            refused(w, "portal.paper", "plan", *words)
        assert file.read_bytes() == before

    def test_terms_that_no_book_opens_are_neither_signed_nor_stored(self, place: Path, w: Path, pledged: Paper) -> None:
        file = offer(place, with_terms(pledged, total=0), "nothing")
        refused(w, "settlement.terms-total", "plan", "sign", file, "--key", "debtor")
        assert Paper.read(file).signatures == (None, None)

    def test_collateral_terms_that_no_book_opens_are_not_signed(self, place: Path, w: Path, pledged: Paper) -> None:
        assert pledged.collateral_terms is not None
        bad = replace(pledged.collateral_terms, reserve=0)
        bent = replace(with_terms(pledged, collateral_terms=collateral_terms_hash(bad)), collateral_terms=bad)
        file = offer(place, bent, "reserve")
        refused(w, "settlement.terms-collateral-rule", "plan", "sign", file, "--key", "debtor")

    def test_an_honest_offer_is_signed_where_it_lies(self, place: Path, w: Path, pledged: Paper) -> None:
        file = offer(place, with_terms(pledged, salt=b"\7" * 32), "honest")
        answer = tallystick("plan", "sign", file, "--key", "debtor", workspace=w)
        assert answer.json["file"] == str(file)
        assert answer.json["collateral_terms"]["reserve"] == str(300 * 10**pledged.decimals)
        assert Paper.read(file).signatures[0] is not None


class TestMoney:
    @pytest.mark.parametrize(
        "lie",
        [{"decimals": 9}, {"symbol": "USD"}, {"book": "0x" + "77" * 20}, {"chain_id": 1}],
        ids=lambda lie: next(iter(lie)),
    )
    def test_nothing_is_paid_on_a_file_that_lies(
        self, place: Path, w: Path, running: Paper, lie: dict[str, object]
    ) -> None:
        file = offer(place, replace(running, **lie), "lie")  # type: ignore[arg-type]  # any member's value
        refused(w, "portal.paper", "plan", "pay", file, "--key", "debtor", "--amount", "1")
        refused(w, "portal.paper", "plan", "withdraw", file, "--key", "creditor")
        refused(w, "portal.paper", "plan", "show", file)

    def test_a_file_called_as_a_plan_is_not_the_plan(
        self, place: Path, w: Path, running: Paper, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(place)
        Path("running").write_bytes(replace(running, decimals=9, book=FOREIGN).to_bytes())
        answer = tallystick("plan", "pay", "running", "--key", "debtor", "--amount", "1", workspace=w)
        assert paid(answer) == 10**running.decimals
        assert tallystick("plan", "show", running.id[:10], workspace=w).json["plan_id"] == running.id
        Path("stray").write_bytes(running.to_bytes())
        refused(w, "portal.plan-unknown", "plan", "pay", "stray", "--key", "debtor", "--amount", "1")

    def test_the_workspaces_row_is_the_truth_about_its_plan(self, w: Path, running: Paper) -> None:
        file = w / "plans" / f"{running.id}.json"
        kept = file.read_bytes()
        file.write_text(json.dumps({**json.loads(kept), "decimals": 9, "symbol": "USD"}))
        answer = tallystick("plan", "pay", "running", "--key", "debtor", "--amount", "2", workspace=w)
        assert paid(answer) == 2 * 10**running.decimals
        file.unlink()
        answer = tallystick("plan", "pay", "running", "--key", "debtor", "--amount", "3", workspace=w)
        assert paid(answer) == 3 * 10**running.decimals
        file.write_bytes(kept)

    def test_a_kept_file_of_another_plan_is_refused(self, w: Path, running: Paper) -> None:
        file = w / "plans" / f"{running.id}.json"
        kept = file.read_bytes()
        file.write_bytes(with_terms(running, salt=b"\5" * 32).to_bytes())
        refused(w, "portal.paper", "plan", "pay", "running", "--key", "debtor", "--amount", "1")
        file.write_bytes(kept)


class TestEscrow:
    def test_an_escrow_is_funded_as_the_row_says_and_not_as_a_file_says(
        self, place: Path, w: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        words = ("--payer", "debtor", "--payee", "creditor", "--token", "test", "--amount", "15")
        until = ("--fund-by", "2098-01-31T00:00:00Z", "--expires", "2099-01-31T00:00:00Z")
        made = tallystick("escrow", "draft", "sum", *words, *until, workspace=w)
        for key in ("debtor", "creditor"):
            tallystick("escrow", "sign", "sum", "--key", key, workspace=w)
        tallystick("escrow", "open", "sum", workspace=w)
        paper = Paper.read(Path(made.json["file"]))
        file = offer(place, replace(paper, book=FOREIGN), "elsewhere")
        refused(w, "portal.paper", "escrow", "fund", file, "--key", "debtor")
        monkeypatch.chdir(place)
        Path("sum").write_bytes(file.read_bytes())
        assert tallystick("escrow", "fund", "sum", "--key", "debtor", workspace=w).json["escrow_id"] == paper.id
        assert tallystick("escrow", "show", "sum", workspace=w).json["state"] == "funded"

"""The drills of docs/guides/drills.md, run from the page: every command of every step, with the exit code it says."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.devchain import dev_chain
from support.drills import Place, prepare, sections
from support.portalworld import tallystick


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A workspace in use, prepared as the page says, on a chain that other copies of it see as well."""
    folder = tmp_path_factory.mktemp("drills")
    with dev_chain(block_time=1) as dev, pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield prepare(folder, dev)


@pytest.fixture
def place(prepared: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A copy of it for one drill; the chain is as it was afterwards."""
    here = tmp_path / "here"
    shutil.copytree(prepared.folder, here)
    monkeypatch.chdir(here)
    before = prepared.dev.snapshot()
    yield Place(here, prepared.dev, prepared.names)
    prepared.dev.revert(before)


def still_valid(place: Place) -> None:
    """The receipts that were handed out before lead to their files, and to blocks that the node knows."""
    said = tallystick("verify", "papers", "--receipt", "receipts", "--rpc", place.names["NODE"], expect=(0, 3)).json
    assert {result["reason"] for result in said["results"]} == {"dev-chain-untrusted"}, said["results"]


def after_first(place: Place) -> None:
    shown = tallystick("case", "show", "smith").json["claims"]
    assert sorted(claim["name"] for claim in shown) == ["a", "b", "later"]
    assert tallystick("log", "audit").json["origin"] == f"{place.names['ORIGIN']}/2"
    chain = tallystick("case", "custody", "smith").json
    assert (chain["lost"], [line["seq"] for line in chain["entries"]]) == (3, [3, 4, 5])


def after_second(place: Place) -> None:
    shown = tallystick("case", "show", "smith").json["claims"]
    assert sorted(claim["name"] for claim in shown) == ["a", "b", "later"]
    assert tallystick("log", "audit").json["origin"] == place.names["ORIGIN"]
    assert tallystick("seal", "smith", "papers").json["unchanged"] == 3


def after_third(place: Place) -> None:
    claims = tallystick("case", "show", "smith").json["claims"]
    assert sorted(claim["name"] for claim in claims) == ["a", "b", "c", "d", "later"]
    assert tallystick("log", "audit").json["origin"] == f"{place.names['ORIGIN']}/2"
    tallystick("case", "record", "smith", "accessed", "a")  # in the old log, found by its name
    others = tallystick("log", "audit", "--log", place.names["LOG"], expect=(0, 1, 3)).json
    assert next(f["reason"] for f in others["findings"] if f["name"] == "closure") == "closed"


CHECKS: dict[str, Callable[[Place], None]] = {
    "1": after_first,
    "2": after_second,
    "3": after_third,
    "4": after_third,
    "5": after_third,
}


def test_the_page_has_the_drills_that_are_tested_here() -> None:
    assert set(sections()) == {"Before", *CHECKS}
    assert all(len(steps) >= 4 for steps in sections().values())


@pytest.mark.parametrize("drill", sorted(CHECKS))
def test_drill_leads_where_the_page_says(place: Place, drill: str) -> None:
    for step in sections()[drill]:
        place.run(step)
    CHECKS[drill](place)
    still_valid(place)

"""report.json: what a report states of its making, read back as it was written, refused otherwise."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support import reports, stamped

from notary.errors import ReportInvalid
from notary.report.inputs import LATEST, MAX_ADDRESS, MAX_SIDES, MAX_TEXT, RecordFile, ReportInput, Side


def stated(change: Any) -> dict[str, bytes]:
    """Files of a report whose report.json was changed."""
    files = reports.given().files()
    value = json.loads(files["report.json"])
    change(value)
    return {**files, "report.json": json.dumps(value).encode()}


def test_files_give_the_same_input_back() -> None:
    full = stamped.full()
    record = RecordFile("contract.pdf", b"der", {"sha256": b"\1" * 32})
    made = reports.given(
        reports.side([full.receipt], full.trust, [full.document], label="A", records=(record,)),
        reports.side([full.receipt], label="B"),
        languages=("zh-Hans", "en"),
        forums=("us", "cn"),
        utc_offset_minutes=-330,
        unshown=frozenset({0x13E3}),
    )
    files = made.files()
    assert sorted(files) == ["receipts-2.json", "receipts.json", "record-1.er", "report.json", "trust.json"]
    assert ReportInput.from_files(files) == made


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda v: v.update(version=2), "version 1"),
        (lambda v: v.update(extra=1), "'extra' is unknown"),
        (lambda v: v.pop("made_at"), "'made_at' is missing"),
        (lambda v: v.update(languages=["en", "en"]), "each once"),
        (lambda v: v.update(made_at=LATEST + 1), "no calendar"),
        (lambda v: v.update(languages=[]), "languages are of"),
        (lambda v: v.update(forums=["mars"]), "forums are of"),
        (lambda v: v.update(utc_offset_minutes=5000), "utc_offset_minutes"),
        (lambda v: v.update(case="x" * (MAX_TEXT + 1)), "'case'"),
        (lambda v: v["chains"][0].update(explorer="https://" + "名"), "all ASCII"),
        (lambda v: v["chains"][0].update(explorer="https://" + "a" * (MAX_ADDRESS - 7)), "at most 200"),
        (lambda v: v.update(unshown=[-1]), "code points"),
        (lambda v: v["sides"][0]["documents"][0].update(size=-1), "'size'"),
        (lambda v: v["sides"][0]["documents"][0]["digests"].update(sha256="zz"), "hexadecimal"),
        (
            lambda v: v["sides"].append({"label": "", "bundle_digest": None, "documents": [], "records": []}),
            "receipts-2",
        ),
        (lambda v: v.update(sides=[]), "says nothing of"),
    ],
)
def test_from_files_refuses_what_its_format_forbids(change: Any, said: str) -> None:
    with pytest.raises(ReportInvalid, match=said):
        ReportInput.from_files(stated(change))


def test_from_files_refuses_a_file_that_report_json_says_nothing_of() -> None:
    with pytest.raises(ReportInvalid, match=r"nothing of 'more\.txt'"):
        ReportInput.from_files({**reports.given().files(), "more.txt": b""})


def test_from_files_needs_a_report_json() -> None:
    with pytest.raises(ReportInvalid, match=r"carries no report\.json"):
        ReportInput.from_files({"receipts.json": b""})


@pytest.mark.parametrize(("count", "fits"), [(MAX_SIDES, True), (MAX_SIDES + 1, False)])
def test_input_takes_so_many_sides_and_no_more(count: int, fits: bool) -> None:
    sides = tuple(Side(b"{}") for _ in range(count))
    if fits:
        assert len(reports.given(*sides).sides) == count
    else:
        with pytest.raises(ReportInvalid, match="1 to 8 sides"):
            reports.given(*sides)

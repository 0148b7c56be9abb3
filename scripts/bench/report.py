"""The report of 1,000 exhibits, in two languages with two annexes, made and then compared page by page with what it
carries; beside the Typst compiler alone on the same pages, which is most of it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from harness import ROOT, Row, Target, clock

from notary.report.checking import compare
from notary.report.inputs import ReportInput
from notary.report.render import compile_pdf, laid_out, render
from notary.verdicts.verdict import Status

sys.path.append(str(ROOT / "tests"))
from support import reports

LANGUAGES, FORUMS = ("zh-Hans", "en"), ("cn", "us")
MINUTE = Target("at most", 60.0, "ours")


def measure(quick: bool) -> Iterator[Row]:
    count = 100 if quick else 1_000
    fonts = reports.fonts(LANGUAGES)
    render(_given("warm", 1), fonts)

    # The compiler remembers what it has laid out, so each measurement has names of its own.
    page, stated = laid_out(_given("alone", count), fonts)
    typst = clock(lambda: compile_pdf(page, stated.files(), fonts, stated.made_at))
    seconds = clock(lambda: render(_given("made", count), fonts))
    yield Row(f"report of {count:,} exhibits", seconds, "the Typst compiler alone", typst, "s", MINUTE)

    given = _given("checked", count)
    pdf, again = (render(given, fonts) + more for more in (b"%\n", b""))  # the very same bytes are known at once

    def check() -> None:
        if compare(pdf, again, same_edition=True).status is not Status.PASSED:
            raise SystemExit("report: the report does not pass")

    what = f"comparing each page of a report of {count:,} exhibits with that made again"
    yield Row(what, clock(check), "the Typst compiler alone", typst, "s", MINUTE)


def _given(prefix: str, count: int) -> ReportInput:
    return reports.many([f"{prefix}-发票-{place:04}.pdf" for place in range(count)], forums=FORUMS, languages=LANGUAGES)

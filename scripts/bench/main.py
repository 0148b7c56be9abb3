"""Run the benchmarks and print one table: see scripts/bench/run."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import ssl
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from harness import BENCH, ROOT, Row, Target
from rich.console import Console
from rich.table import Table

NAMES = ("hashing", "tree", "append", "scale", "bulk", "verify", "report", "gas", "cold_start")
PAGE = ROOT / "docs/benchmarks.md"
BEGIN, END = "<!-- figures: written by scripts/bench/run --record -->", "<!-- end of figures -->"
HEAD = ("what", "ours", "beside", "theirs", "ratio", "to reach", "")


def machine() -> dict[str, str | int | float]:
    """What the figures depend on, and nothing that names the machine."""
    cpu = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []:
        if line.startswith("model name"):
            cpu = line.split(":", 1)[1].strip()
            break
    return {
        "cpu": cpu,
        "cores": len(os.sched_getaffinity(0)),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "openssl": ssl.OPENSSL_VERSION,
        "load": round(os.getloadavg()[0], 2),
    }


def figure(value: float, unit: str) -> str:
    if unit == "gas":
        return f"{value:,.0f} gas"
    if unit == "rows/s":
        return f"{value:,.0f} rows/s"
    if unit == "ms":
        return f"{value:,.1f} ms"
    if unit == "MB":
        return f"{value:,.0f} MB"
    return f"{value:.2f} s" if value >= 0.1 else f"{value * 1000:.1f} ms"


def goal(target: Target | None, unit: str) -> str:
    if target is None:
        return ""
    if target.of == "ratio":
        return f"{target.rule} {target.bound:g}x"
    return f"{target.rule} {figure(target.bound, unit)}{' apart' if target.of == 'difference' else ''}"


def cells(row: Row) -> tuple[str, ...]:
    verdict = {None: "", True: "reached", False: "MISSED"}[row.reached]
    return (
        row.what,
        figure(row.ours, row.unit),
        row.peer,
        figure(row.theirs, row.unit),
        f"{row.ratio:.2f}x",
        goal(row.target, row.unit),
        verdict,
    )


def as_json(row: Row) -> dict[str, object]:
    target = row.target
    return {
        "what": row.what,
        "ours": row.ours,
        "peer": row.peer,
        "theirs": row.theirs,
        "unit": row.unit,
        "ratio": row.ratio,
        "target": None if target is None else {"rule": target.rule, "bound": target.bound, "of": target.of},
        "reached": row.reached,
    }


def record(rows: Iterable[Row], when: str, about: dict[str, str | int | float]) -> None:
    """Put the table into docs/benchmarks.md, between its two marks."""
    lines = [
        BEGIN,
        "",
        f"{when}: {about['cpu']}, {about['cores']} cores, {about['system']}, Python {about['python']}, "
        f"{about['openssl']}; load when it began {about['load']}.",
        "",
        f"| {' | '.join(HEAD)} |",
        f"|{'---|' * len(HEAD)}",
        *(f"| {' | '.join(cells(row))} |" for row in rows),
        "",
        END,
    ]
    text = PAGE.read_text()
    before, rest = text.split(BEGIN)
    PAGE.write_text(before + "\n".join(lines) + rest.split(END)[1])


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench/run", description="Measure this checkout against its peers.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(NAMES)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="smaller inputs; the figures mean less")
    parser.add_argument("--record", action="store_true", help="write the table into docs/benchmarks.md as well")
    options = parser.parse_args()
    unknown = sorted(set(options.names) - set(NAMES))
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(NAMES)}")
    if options.record and (options.quick or options.names):
        parser.error("--record wants all benchmarks in full size")

    about, when = machine(), datetime.now(UTC).strftime("%Y-%m-%d")
    console = Console() if sys.stdout.isatty() else Console(width=140)
    rows: list[Row] = []
    for name in options.names or NAMES:
        start = time.monotonic()
        with console.status(f"{name} ..."):
            rows += importlib.import_module(name).measure(options.quick)
        print(f"{name}: measured in {time.monotonic() - start:.0f} s", file=sys.stderr)

    table = Table(*HEAD, title="ratios measured in this run")
    for row in rows:
        table.add_row(*cells(row), style="red" if row.reached is False else None)
    console.print(table)
    BENCH.mkdir(exist_ok=True)
    last = {"date": when, "machine": about, "quick": options.quick, "rows": [as_json(row) for row in rows]}
    (BENCH / "last.json").write_text(json.dumps(last, indent=2) + "\n")
    if options.record:
        record(rows, when, about)
    return 0


if __name__ == "__main__":
    sys.exit(main())

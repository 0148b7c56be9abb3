"""What the program loads: a help page costs Click alone, an offline verification no chain or database package."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from support.portalworld import ROOT, tallystick

HEAVY = (
    "web3",
    "eth_account",
    "sqlalchemy",
    "dbos",
    "rich",
    "pydantic",
    "httpx",
    "fastapi",
    "apprise",
    "alembic",
    "onchain",
)

PROBE = """
import contextlib, io, json, sys
from portal.cli import main
with contextlib.redirect_stdout(io.StringIO()):
    code = main(sys.argv[1:])
print(json.dumps({"code": code, "loaded": sorted({name.partition(".")[0] for name in sys.modules})}))
"""


def probe(*arguments: object) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'contracts'}"},
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A file and its receipt, without an anchor."""
    folder = tmp_path_factory.mktemp("sealed")
    (folder / "contract.txt").write_text("I owe you 1200.\n")
    workspace = folder / "workspace"
    tallystick("init", "--dev", workspace=workspace)
    tallystick("case", "new", "smith", workspace=workspace)
    tallystick("seal", "smith", folder / "contract.txt", workspace=workspace)
    tallystick("receipts", "export", "smith", "--to", folder, workspace=workspace)
    return folder / "contract.txt", folder / "contract.txt.receipt.json"


class TestLoaded:
    @pytest.mark.parametrize("arguments", [["--help"], ["plan", "--help"], ["verify", "--help"], ["--version"]])
    def test_help_loads_no_heavy_package(self, arguments: list[str]) -> None:
        found = probe(*arguments)
        assert found["code"] == 0
        assert set(HEAVY) & set(found["loaded"]) == set()  # type: ignore[call-overload]  # a list of names

    def test_root_help_loads_no_command(self) -> None:
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                "import sys; from portal.cli import main; main(['--help']); print(sorted(sys.modules))",
            ],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        )
        loaded = done.stdout.splitlines()[-1]
        assert "portal.cli.lazy" in loaded
        assert "portal.cli.plan" not in loaded
        assert "notary" not in loaded

    @pytest.mark.parametrize("named", [True, False], ids=["receipt named", "receipt beside it"])
    def test_offline_verification_loads_no_heavy_package(self, sealed: tuple[Path, Path], named: bool) -> None:
        document, receipt = sealed
        found = probe("verify", document, *(["--receipt", receipt] if named else []))
        assert found["code"] == 3  # nothing is anchored yet
        heavy = {*HEAVY, "pypdf", "typst", "settlement"}
        assert heavy & set(found["loaded"]) == set()  # type: ignore[call-overload]  # a list of names


class TestWheel:
    def test_the_wheel_holds_contracts_and_migrations_and_no_tests(self, tmp_path: Path) -> None:
        subprocess.run(
            [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)],
            check=True,
            capture_output=True,
            cwd=ROOT,
        )
        (wheel,) = tmp_path.glob("tallystick-*.whl")
        names = set(zipfile.ZipFile(wheel).namelist())
        for wanted in (
            "portal/migrations/env.py",
            "portal/migrations/versions/v0001.py",
            "portal/cli/__init__.py",
            "onchain/profiles.json",
            "onchain/abi/EvidenceLog.json",
            "onchain/abi/RepaymentBook.json",
            "onchain/abi/EscrowBook.json",
            "onchain/abi/Collateral.json",
            "onchain/connect.py",
            "notary/verdicts/verify.py",
        ):
            assert wanted in names
        assert any(name.startswith("settlement/keeper/templates/") for name in names)
        assert not any(name.startswith(("tests/", "contracts/", "scripts/")) for name in names)
        entry = next(name for name in names if name.endswith("entry_points.txt"))
        assert "tallystick = portal.cli:main" in zipfile.ZipFile(wheel).read(entry).decode()

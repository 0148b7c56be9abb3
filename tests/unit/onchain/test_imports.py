"""What is cheap to import stays cheap: commands that only read addresses or errors must not pay for web3."""

from __future__ import annotations

import subprocess
import sys

CHEAP = ("onchain", "onchain.errors", "onchain.profiles", "onchain.artifacts", "onchain.abi")
USUAL = ("onchain.connect", "onchain.send", "onchain.follow", "onchain.signer", "onchain.deploy", "onchain.devchain")
HEAVY = ("web3", "eth_account", "sqlalchemy", "eth_abi", "solcx", "dbos")


def loaded(modules: tuple[str, ...]) -> set[str]:
    program = f"import sys, {', '.join(modules)}\nprint(*[m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def test_cheap_modules_import_nothing_heavy() -> None:
    assert loaded(CHEAP) == set()


def test_sending_and_following_import_neither_web3_nor_eth_account() -> None:
    assert loaded(USUAL) <= {"sqlalchemy"}


def test_the_heavy_libraries_do_not_leave_a_recursion_limit_that_crashes() -> None:
    program = (
        "import json, sys\n"
        "from onchain.profiles import profile\n"
        "from onchain.signer import UnlockedSigner\n"
        "from onchain.connect import Chain\n"
        "from onchain.rpc import Rpc\n"
        "import onchain.proof\n"
        "limit = sys.getrecursionlimit()\n"
        "UnlockedSigner.open(profile(31337)); Chain(Rpc('http://127.0.0.1:1'), profile(1), bytes(32)).w3\n"
        "assert 'py_ecc' in sys.modules, 'this test has lost its reason'\n"
        "try:\n    json.loads('[' * 200_000)\nexcept RecursionError:\n    print(limit == sys.getrecursionlimit())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "True"), done.stderr

"""Every error of the core can be shown: a code of its own, a hint, and its numbers; and the core stays pure."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import pytest

from settlement import errors, terms_errors
from settlement.errors import SettlementError

GROUPS = (
    errors.SettlementError,
    errors.DocumentInvalid,
    errors.MoneyInvalid,
    errors.TermsInvalid,
    errors.DraftInvalid,
    errors.PlanRefused,
    errors.AuctionRefused,
    errors.EscrowRefused,
)
"""Classes that are caught, never raised."""

ALL = [
    found
    for module in (errors, terms_errors)
    for found in vars(module).values()
    if isinstance(found, type) and issubclass(found, SettlementError) and found.__module__ == module.__name__
]
CORE = "auction charges commitments draft eip712 errors escrow events history money plan rules schedule terms wire"
OUTSIDE = "web3 eth_account eth_abi sqlalchemy dbos httpx socket onchain notary portal"


def test_codes_are_unique() -> None:
    assert [code for code, count in Counter(error.code for error in ALL).items() if count > 1] == []


@pytest.mark.parametrize("error", [error for error in ALL if error not in GROUPS], ids=lambda error: error.__name__)
def test_each_error_has_code_hint_docstring_and_template_of_its_own(error: type[SettlementError]) -> None:
    assert error.code.startswith("settlement.")
    assert error.hint.endswith(".")
    assert error.__doc__ and error.__doc__ != SettlementError.__doc__
    assert "template" in vars(error)


def test_an_error_keeps_its_numbers() -> None:
    refused = errors.InstallmentUnknown(k=7, installments=6)
    assert str(refused) == "installment 7 of 6"
    assert refused.values == {"k": 7, "installments": 6}


def test_the_core_imports_nothing_that_reaches_outside() -> None:
    script = (
        "import sys\n"
        f"for name in {CORE.split()!r}: __import__('settlement.' + name)\n"
        f"print(sorted(set({OUTSIDE.split()!r}) & sys.modules.keys()))"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"

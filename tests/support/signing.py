"""Plans of tests whose parties give no signing record, and say so; and records for those that are about them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from portal.signing.record import Agreement, Evidence, Kind, Level, Record, Role
from settlement.commitments import agreement_commitment

UNRECORDED: Final = ("--without-record", "a plan of a test, whose parties are keys")

SALT: Final = bytes(range(32))
AGREED: Final = b"\xa5" * 32

RECORD: Final = Record(
    plan_id=b"\x11" * 32,
    chain_id=31337,
    book=b"\x22" * 20,
    role=Role.DEBTOR,
    name="Comércio de Máquinas Aurora Ltda.",
    address=b"\x33" * 20,
    commitment=agreement_commitment(SALT, AGREED),
    agreement=Agreement(AGREED, SALT),
    languages=("pt-BR", "en"),
    evidence=(
        Evidence(Kind.COMPANY_REGISTER, b"\x44" * 32, 1200),
        Evidence(Kind.POWER_OF_ATTORNEY, b"\x55" * 32, 0),
    ),
    signature_level=Level.UNSTATED,
    shown_at=1_790_000_000,
    signed_at=1_790_000_600,
    made_at=1_790_000_900,
    program="tallystick 0.1",
    salt=b"\x66" * 32,
)


def record(**changes: Any) -> Record:
    """`RECORD` with other values."""
    return replace(RECORD, **changes)

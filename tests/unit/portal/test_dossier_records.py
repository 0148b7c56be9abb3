"""What a dossier says of the parties' signing records: digests, or why there is none."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from support.dossiers import made_dossier

from notary import jcs
from portal.dossier.file import Dossier, PartyRecord
from portal.errors import DossierInvalid
from portal.signing.record import MAX_REASON, Role
from portal.signing.words import WORDS, listed_lines

RECORDS = (PartyRecord(Role.CREDITOR, b"\x77" * 32), PartyRecord(Role.DEBTOR, reason="known for years"))
DOSSIER = replace(made_dossier(), records=RECORDS)


def with_records(*records: object) -> bytes:
    top = json.loads(DOSSIER.to_bytes())
    top["records"] = list(records)
    return jcs.dumps(top)


def test_records_read_back_as_they_were_written() -> None:
    assert Dossier.from_bytes(DOSSIER.to_bytes()) == DOSSIER
    assert Dossier.from_bytes(with_records()).records == ()


@pytest.mark.parametrize(
    "bad",
    [
        [{"role": "payer", "sha256": "77" * 32}],
        [{"role": "debtor", "sha256": "77" * 31}],
        [{"role": "debtor", "sha256": "77" * 32, "reason": "both"}],
        [{"role": "debtor"}],
        [{"role": "debtor", "reason": ""}],
        [{"role": "debtor", "reason": "two\nlines"}],
        [{"role": "debtor", "reason": "a" * (MAX_REASON + 1)}],
        [{"role": "debtor", "reason": "once"}, {"role": "debtor", "reason": "twice"}],
        ["debtor"],
    ],
)
def test_record_of_another_form_is_refused(bad: list[object]) -> None:
    with pytest.raises(DossierInvalid):
        Dossier.from_bytes(with_records(*bad))


def test_longest_reason_is_read() -> None:
    (one,) = Dossier.from_bytes(with_records({"role": "debtor", "reason": "a" * MAX_REASON})).records
    assert one.reason == "a" * MAX_REASON


def test_a_file_without_the_member_is_refused() -> None:
    top = json.loads(DOSSIER.to_bytes())
    del top["records"]
    with pytest.raises(DossierInvalid):
        Dossier.from_bytes(jcs.dumps(top))


def test_lines_name_digest_and_reason_in_each_language() -> None:
    for locale in WORDS:
        digest, reason = listed_lines(RECORDS, locale)
        assert "77" * 32 in digest
        assert "known for years" in reason

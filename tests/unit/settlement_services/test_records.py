"""Plans, escrows, contacts and actions in their tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection
from support.plans import CREDITOR, DEBTOR, DEBTOR_MAIL, MONTHLY, PLAN_ID, TOKEN

from portal.database import open_engine, sqlite_url
from settlement import store
from settlement.errors import DocumentMalformed
from settlement.keeper.actions import Action, Contact, Kind
from settlement.keeper.ladder import Role, Stage
from settlement.plan import Account, Status
from settlement.records import (
    MAX_NAME,
    Position,
    account_json,
    add_actions,
    add_escrow,
    add_plan,
    contacts_of,
    find_action,
    find_escrow,
    find_plan,
    list_actions,
    list_escrows,
    list_plans,
    position_json,
    set_contact,
    sign_escrow,
    sign_plan,
)
from settlement.service_errors import ContactInvalid, ContactSecret, EscrowNotFound, PlanNotFound, RecordConflict
from settlement.terms import EscrowTerms
from settlement.token import TokenInfo

OTHER_ID = "0x" + "cd" * 32
INFO = TokenInfo(TOKEN, "TUSD", 6)
ESCROW = EscrowTerms(DEBTOR, CREDITOR, TOKEN, 5, 100, 200, bytes(32), bytes(32))


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    engine = open_engine(sqlite_url(tmp_path / "x.sqlite"))
    store.metadata.create_all(engine)
    with engine.begin() as opened:
        yield opened
    engine.dispose()


def add(connection: Connection, plan_id: str = PLAN_ID, name: str = "INV-7") -> None:
    add_plan(
        connection,
        plan_id=plan_id,
        name=name,
        chain_id=31338,
        book=TOKEN,
        terms=MONTHLY,
        collateral_terms=None,
        token=INFO,
        now=1,
    )


class TestPlans:
    def test_comes_back_as_it_was_put_in_by_name_and_by_id(self, connection: Connection) -> None:
        add(connection)
        record = find_plan(connection, "INV-7")
        assert record == find_plan(connection, PLAN_ID.upper().replace("0X", "0x"))
        assert (record.terms, record.status, record.symbol, record.decimals) == (MONTHLY, "draft", "TUSD", 6)
        assert (record.account, record.position, record.applied, record.trouble) == (None, Position(), (-1, -1), None)

    def test_again_changes_nothing(self, connection: Connection) -> None:
        add(connection)
        add(connection)
        assert len(list_plans(connection)) == 1

    def test_name_belongs_to_one_plan_and_a_plan_has_one_name(self, connection: Connection) -> None:
        add(connection)
        with pytest.raises(RecordConflict):
            add(connection, plan_id=OTHER_ID)
        with pytest.raises(RecordConflict):
            add(connection, name="another")
        assert [plan.name for plan in list_plans(connection)] == ["INV-7"]

    @pytest.mark.parametrize("name", ["", " a", "a\nb", "0xabc", "x" * (MAX_NAME + 1), "\u202eevil"])
    def test_refuses_what_is_no_name(self, connection: Connection, name: str) -> None:
        with pytest.raises(RecordConflict):
            add(connection, name=name)

    def test_accepts_the_longest_name_and_other_scripts(self, connection: Connection) -> None:
        add(connection, name="x" * MAX_NAME)
        add(connection, plan_id=OTHER_ID, name="上海合同 7 号")

    def test_is_signed_when_both_have(self, connection: Connection) -> None:
        add(connection)
        assert sign_plan(connection, PLAN_ID, role=Role.CREDITOR, signature=b"c", now=2).status == "draft"
        record = sign_plan(connection, PLAN_ID, role=Role.DEBTOR, signature=b"d", now=3)
        assert (record.status, record.debtor_signature, record.creditor_signature) == ("signed", b"d", b"c")

    def test_late_signature_does_not_bring_an_open_plan_back(self, connection: Connection) -> None:
        add(connection)
        connection.execute(store.plans.update().values(status="open"))
        for role in (Role.DEBTOR, Role.CREDITOR):
            assert sign_plan(connection, PLAN_ID, role=role, signature=b"s", now=2).status == "open"

    def test_amounts_of_any_size_survive(self, connection: Connection) -> None:
        add(connection)
        account = Account(2**111, 2**100, Status.DEFAULTED, 2**90, 7, 8, 9, 3)
        position = Position(1, 2, 3, 2**120, 5, 6, 7)
        row = {"account": account_json(account), "security": position_json(position)}
        connection.execute(store.plans.update().values(row))
        record = find_plan(connection, "INV-7")
        assert (record.account, record.position) == (account, position)

    def test_damaged_row_is_an_error(self, connection: Connection) -> None:
        add(connection)
        connection.execute(store.plans.update().values(terms="{"))
        with pytest.raises(DocumentMalformed):
            find_plan(connection, "INV-7")

    def test_unknown_is_told(self, connection: Connection) -> None:
        with pytest.raises(PlanNotFound, match="nobody"):
            find_plan(connection, "nobody")


class TestEscrows:
    def put(self, connection: Connection, escrow_id: str = OTHER_ID, name: str = "deposit") -> None:
        add_escrow(
            connection,
            escrow_id=escrow_id,
            name=name,
            chain_id=31338,
            book=TOKEN,
            terms=ESCROW,
            token=INFO,
            now=1,
        )

    def test_comes_back_and_is_signed_when_both_have(self, connection: Connection) -> None:
        self.put(connection)
        assert find_escrow(connection, "deposit").terms == ESCROW
        sign_escrow(connection, OTHER_ID, payer=True, signature=b"p", now=2)
        record = sign_escrow(connection, OTHER_ID, payer=False, signature=b"q", now=2)
        assert (record.status, record.payer_signature, record.payee_signature) == ("signed", b"p", b"q")
        assert list_escrows(connection) == [record]

    def test_conflicts_and_absence_are_told(self, connection: Connection) -> None:
        self.put(connection)
        with pytest.raises(RecordConflict):
            self.put(connection, escrow_id=PLAN_ID)
        with pytest.raises(RecordConflict):
            self.put(connection, name="other")
        with pytest.raises(EscrowNotFound):
            find_escrow(connection, "nothing")


class TestContacts:
    def test_replaces_what_the_channel_had(self, connection: Connection) -> None:
        add(connection)
        for locale, address in (("en", "mailto:a@a.test"), ("zh-Hans", "mailto:b@b.test")):
            set_contact(connection, PLAN_ID, role=Role.DEBTOR, channel="mail", locale=locale, address=address)
        assert contacts_of(connection, PLAN_ID) == {Contact(Role.DEBTOR, "mail", "zh-Hans"): "mailto:b@b.test"}

    @pytest.mark.parametrize(
        ("channel", "locale", "address"),
        [
            ("", "en", "mailto:a@a.test"),
            ("x" * 21, "en", "mailto:a@a.test"),
            ("a:b", "en", "mailto:a@a.test"),
            ("mail", "fr", "mailto:a@a.test"),
            ("mail", "en", "mailto:nobody"),
        ],
    )
    def test_refuses_what_cannot_be_used(self, connection: Connection, channel: str, locale: str, address: str) -> None:
        add(connection)
        with pytest.raises(ContactInvalid):
            set_contact(connection, PLAN_ID, role=Role.DEBTOR, channel=channel, locale=locale, address=address)
        assert contacts_of(connection, PLAN_ID) == {}

    def test_keeps_no_password(self, connection: Connection) -> None:
        add(connection)
        with pytest.raises(ContactSecret):
            set_contact(
                connection,
                PLAN_ID,
                role=Role.DEBTOR,
                channel="m",
                locale="en",
                address="mailtos://u:pw@h.test/?to=a@b.test",
            )


class TestActions:
    ACTION = Action(Kind.NOTICE, PLAN_ID, "k1", 5, Stage.DUE_DAY, DEBTOR_MAIL)

    def test_one_row_for_each_key_for_ever(self, connection: Connection) -> None:
        add(connection)
        poke = Action(Kind.POKE, PLAN_ID, "k1", 6)
        assert add_actions(connection, [self.ACTION, poke], status=store.PENDING, derived_at=7) == 2
        connection.execute(store.actions.update().values(status=store.DONE))
        other_language = replace(self.ACTION, contact=replace(DEBTOR_MAIL, locale="en"))
        assert add_actions(connection, [other_language, poke], status=store.PENDING, derived_at=8) == 0
        found = find_action(connection, self.ACTION.key)
        assert found is not None and found.action == self.ACTION and found.status == store.DONE
        assert [record.action for record in list_actions(connection, PLAN_ID)] == [self.ACTION, poke]
        assert list_actions(connection, PLAN_ID, store.PENDING) == []

    def test_unknown_status_is_refused_by_the_table(self, connection: Connection) -> None:
        add(connection)
        with pytest.raises(sa.exc.IntegrityError):
            add_actions(connection, [self.ACTION], status="lost", derived_at=7)

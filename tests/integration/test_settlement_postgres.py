"""The keeper with PostgreSQL behind it: the same rows, the same engine, the same once-only."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.postgres import postgres, postgres_bin
from support.settlement_world import DEBTOR, OPERATOR, settlement_world
from support.smtpd import MailServer

from settlement.keeper.actions import Contact
from settlement.keeper.ladder import Role
from settlement.keeper.workflows import configure, keeper_round
from settlement.records import find_plan, list_actions
from settlement.schedule import DAY
from settlement.store import DONE

pytestmark = pytest.mark.skipif(postgres_bin() is None, reason="PostgreSQL is not installed")

EACH = 100_000_000
DEBTOR_MAIL = Contact(Role.DEBTOR, "mail", "en")


def test_reminder_payment_and_poke_on_postgresql(tmp_path: Path) -> None:
    with (
        postgres() as url,
        settlement_world(tmp_path, block_time=1, database=url) as world,
        MailServer() as mail,
        world.keeper(world.context(smtp_url=mail.url)) as runner,
    ):
        runner.launch()
        terms = world.terms()
        plan_id = world.adopt(terms, None, {DEBTOR_MAIL: "mailto:debtor@d.test"}).plan_id
        world.open(terms)
        world.dev.warp(terms.first_due_at - 3 * DAY)
        world.book(DEBTOR).pay(terms, EACH // 2, "half")
        world.dev.finalise()
        keeper_round(seconds=20)
        world.dev.warp(terms.first_due_at + terms.grace_seconds + 1)
        world.dev.finalise()
        keeper_round(seconds=20)
        keeper_round(seconds=20)
        with world.engine.connect() as connection:
            record, actions = find_plan(connection, plan_id), list_actions(connection, plan_id)
        assert record.account == world.book(OPERATOR).account(plan_id)
        assert record.account is not None and record.account.noted == 1
        assert {action.status for action in actions} == {DONE}
        stages = sorted(str(a.action.stage) for a in actions if a.action.stage is not None)
        assert stages == ["before-1d", "before-3d", "missed-1", "paid-part"] or stages == [
            "before-3d",
            "missed-1",
            "paid-part",
        ]
        assert len(mail.mails) == len({one.message_id for one in mail.mails}) == len(stages)
    configure(None)

"""The keeper while its node is away: a clear error, nothing changed, and on it goes when the node is back."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from support.settlement_world import settlement_world
from support.smtpd import MailServer

from onchain.devchain import DevChain
from onchain.errors import NodeUnreachable
from settlement.keeper import perform
from settlement.keeper.actions import Contact
from settlement.keeper.derive import derive
from settlement.keeper.follow import follow
from settlement.keeper.ladder import Role
from settlement.keeper.workflows import configure, keeper_round
from settlement.records import find_plan, list_actions
from settlement.schedule import DAY
from settlement.store import DONE, PENDING

DEBTOR_MAIL = Contact(Role.DEBTOR, "mail", "en")


def test_round_without_a_node_says_so_and_the_next_one_goes_on(tmp_path: Path) -> None:
    with (
        settlement_world(tmp_path) as world,
        MailServer() as mail,
        world.keeper(world.context(smtp_url=mail.url)) as runner,
    ):
        runner.launch()
        context = world.context(smtp_url=mail.url)
        terms = world.terms()
        plan_id = world.adopt(terms, None, {DEBTOR_MAIL: "mailto:debtor@d.test"}).plan_id
        world.open(terms)
        world.dev.warp(terms.first_due_at - 3 * DAY)
        world.dev.finalise()
        derive(context, follow(context).final_at)
        time.sleep(1.5)  # anvil writes its state once a second

        world.dev.kill()
        with pytest.raises(NodeUnreachable):
            keeper_round(seconds=5)
        with world.engine.connect() as connection:
            (waiting,) = list_actions(connection, plan_id)
        with pytest.raises(NodeUnreachable) as caught:
            perform.judge(context, waiting.action.key)
        assert perform.is_passing(caught.value)
        assert waiting.status == PENDING and mail.mails == []

        with DevChain.start(world.dev.state_file, world.dev.chain_id) as back:
            assert back.port == world.dev.port
            keeper_round(seconds=20)
            with world.engine.connect() as connection:
                (sent,) = list_actions(connection, plan_id)
                record = find_plan(connection, plan_id)
            assert sent.status == DONE and len(mail.mails) == 1
            assert record.trouble is None
    configure(None)

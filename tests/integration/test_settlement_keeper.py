"""The keeper against a real anvil, a real mail server, a real web hook and the real engine."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from support.settlement_world import CREDITOR, DEBTOR, OPERATOR, THIRD, World, settlement_world
from support.smtpd import MailServer
from support.webhook import WebHookServer

from onchain.devchain import DevChain
from onchain.follow import Follower
from settlement.context import SettlementContext
from settlement.keeper import follow as following
from settlement.keeper import perform
from settlement.keeper.actions import Contact, Kind
from settlement.keeper.channels import reference_of
from settlement.keeper.derive import TROUBLE_PAUSE_SECONDS, derive
from settlement.keeper.follow import follow
from settlement.keeper.ladder import Role
from settlement.keeper.perform import Verdict
from settlement.keeper.workflows import ROUND, Report, configure, keeper_round, run_forever
from settlement.plan import ALL, Status
from settlement.records import find_action, find_escrow, find_plan, history, list_actions
from settlement.schedule import DAY
from settlement.store import DONE, PENDING, QUARANTINED, SUPPRESSED, plans
from settlement.terms import Terms

EACH = 100_000_000
DEBTOR_MAIL = Contact(Role.DEBTOR, "mail", "zh-Hans")
CREDITOR_MAIL = Contact(Role.CREDITOR, "mail", "en")
HOOK = Contact(Role.OPERATOR, "hook", "en")


@dataclass
class Scene:
    """A world with receivers, and the keeper's context for it."""

    world: World
    mail: MailServer
    hook: WebHookServer
    context: SettlementContext

    @property
    def dev(self) -> DevChain:
        return self.world.dev

    def plan(self, *, opened: bool = True, secured: bool = False, **changes: object) -> tuple[str, Terms]:
        """A plan with a debtor and a creditor who get mail."""
        terms, pledge = self.world.secured(**changes) if secured else (self.world.terms(**changes), None)
        contacts = {DEBTOR_MAIL: "mailto:debtor@d.test", CREDITOR_MAIL: "mailto:creditor@c.test"}
        record = self.world.adopt(terms, pledge, contacts)
        if opened:
            self.world.open(terms, pledge)
        return record.plan_id, terms

    def round(self, **options: object) -> Report:
        """Make everything final and do a whole round, with blocks coming all the while."""
        self.dev.finalise()
        over = threading.Event()

        def mine() -> None:
            while not over.wait(0.2):
                self.dev.mine()

        miner = threading.Thread(target=mine)
        miner.start()
        try:
            return keeper_round(**options)  # type: ignore[arg-type]
        finally:
            over.set()
            miner.join()

    def told(self, plan_id: str) -> list[str]:
        """What was delivered about a plan: stage and role, in the order of delivery."""
        by_reference = {
            reference_of(record.action.key): f"{record.action.stage}:{record.action.contact.role}"
            for record in self.actions(plan_id)
            if record.action.contact is not None
        }
        references = [mail.message_id.strip("<>").partition("@")[0] for mail in self.mail.mails]
        references += [post.reference for post in self.hook.posts]
        return [by_reference[reference] for reference in references if reference in by_reference]

    def actions(self, plan_id: str, *statuses: str) -> list[perform.ActionRecord]:
        with self.world.engine.connect() as connection:
            return list_actions(connection, plan_id, *statuses)


@pytest.fixture(scope="module")
def launched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One world and one engine for the module; plans of their own keep the tests apart."""
    with settlement_world(tmp_path_factory.mktemp("keeper")) as world, MailServer() as mail, WebHookServer() as hook:
        context = world.context(smtp_url=mail.url, operators={HOOK: hook.url})
        with world.keeper(context) as runner:
            runner.launch()
            yield Scene(world, mail, hook, context)
        configure(None)


@pytest.fixture
def scene(launched: Scene) -> Iterator[Scene]:
    """The scene with receivers that accept; plans of earlier tests are put to sleep."""
    launched.mail.refuse, launched.hook.status = "", 204
    with launched.world.engine.begin() as connection:
        connection.execute(plans.update().values(trouble="an earlier test's"))
    yield launched


class TestFollow:
    def test_events_become_account_status_and_history(self, scene: Scene) -> None:
        plan_id, terms = scene.plan(opened=False)
        scene.dev.finalise()
        follow(scene.context)
        with scene.world.engine.connect() as connection:
            assert find_plan(connection, plan_id).status == "signed"
        scene.world.open(terms)
        scene.world.book(DEBTOR).pay(terms, 2 * EACH + 5, "p")
        scene.dev.finalise()
        follow(scene.context)
        with scene.world.engine.connect() as connection:
            record = find_plan(connection, plan_id)
            names = [event.name for event in history(connection, plan_id)]
        assert record.status == "open"
        assert record.account == scene.world.book(OPERATOR).account(plan_id)
        assert names == ["PlanOpened", "Paid"]

    def test_unfinal_events_change_nothing(self, scene: Scene) -> None:
        plan_id, terms = scene.plan()
        scene.dev.finalise()
        follow(scene.context)
        scene.world.book(DEBTOR).pay(terms, EACH, "p")
        follow(scene.context)
        with scene.world.engine.connect() as connection:
            account = find_plan(connection, plan_id).account
        assert account is not None and account.principal_paid == 0

    def test_plan_that_came_later_is_caught_up(self, scene: Scene) -> None:
        terms = scene.world.terms()
        scene.world.open(terms)
        scene.world.book(DEBTOR).pay(terms, EACH, "p")
        scene.dev.finalise()
        follow(scene.context)
        plan_id = scene.world.adopt(terms).plan_id
        follow(scene.context)
        with scene.world.engine.connect() as connection:
            account = find_plan(connection, plan_id).account
        assert account == scene.world.book(OPERATOR).account(plan_id)

    def test_history_that_does_not_fit_stops_only_its_own_plan(self, scene: Scene) -> None:
        odd, odd_terms = scene.plan()
        good, good_terms = scene.plan()
        scene.dev.finalise()
        follow(scene.context)
        with scene.world.engine.begin() as connection:
            other = odd_terms.to_json().replace('"1200000000"', '"1200000007"')
            connection.execute(
                plans.update().where(plans.c.plan_id == odd).values(terms=other, account=None, applied_block=-1)
            )
        for terms in (odd_terms, good_terms):
            scene.world.book(DEBTOR).pay(terms, ALL, "p")
        scene.dev.finalise()
        follow(scene.context)
        with scene.world.engine.connect() as connection:
            assert find_plan(connection, odd).trouble is not None
            assert find_plan(connection, good).status == "completed"

    def test_poke_of_terms_never_opened_neither_opens_a_plan_nor_stops_the_others(self, scene: Scene) -> None:
        draft, draft_terms = scene.plan(opened=False)
        poison, poison_terms = scene.plan(opened=False, total=0)
        scene.world.book(THIRD).poke_many([draft_terms, poison_terms], f"poke:{draft}")
        good, _ = scene.plan()
        scene.dev.finalise()
        follow(scene.context)
        with scene.world.engine.connect() as connection:
            assert [find_plan(connection, one).status for one in (draft, poison, good)] == ["signed", "signed", "open"]
            assert history(connection, draft) == history(connection, poison) == []

    def test_event_before_the_opening_does_not_open_the_plan(
        self, scene: Scene, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        follow(scene.context)
        plan_id, _ = scene.plan(secured=True)
        scene.dev.finalise()
        states = []

        def page(context: SettlementContext, follower: Follower) -> tuple[int, bool]:
            result = one_page(context, follower)
            with scene.world.engine.connect() as connection:
                states.append((find_plan(connection, plan_id).status, len(history(connection, plan_id))))
            return result

        one_page = following._apply_page
        monkeypatch.setattr(following, "PAGE", 1)
        monkeypatch.setattr(following, "_apply_page", page)
        follow(scene.context)
        assert [state for state in dict.fromkeys(states) if state[1]] == [("signed", 1), ("open", 2)]

    def test_plan_whose_row_breaks_the_code_stops_only_itself_and_is_tried_again(
        self, scene: Scene, caplog: pytest.LogCaptureFixture
    ) -> None:
        odd, odd_terms = scene.plan()
        good, good_terms = scene.plan()
        scene.dev.finalise()
        follow(scene.context)
        with scene.world.engine.begin() as connection:
            kept = connection.execute(sa.select(plans.c.account).where(plans.c.plan_id == odd)).scalar_one()
            connection.execute(plans.update().where(plans.c.plan_id == odd).values(account="[]"))
        for terms in (odd_terms, good_terms):
            scene.world.book(DEBTOR).pay(terms, ALL, "p")
        scene.dev.finalise()
        for _ in range(2):
            caplog.clear()
            follow(scene.context)
            assert odd in caplog.text and good not in caplog.text
        with scene.world.engine.begin() as connection:
            assert find_plan(connection, good).status == "completed"
            row = connection.execute(plans.select().where(plans.c.plan_id == odd)).one()
            assert row.trouble.startswith("TypeError: ") and row.status == "open"
            connection.execute(plans.update().where(plans.c.plan_id == odd).values(account=kept))
        follow(scene.context)
        with scene.world.engine.connect() as connection:
            assert (find_plan(connection, odd).status, find_plan(connection, odd).trouble) == ("completed", None)

    def test_escrow_goes_through_its_states(self, scene: Scene) -> None:
        from settlement.records import add_escrow, sign_escrow
        from settlement.terms import EscrowTerms

        world, now = scene.world, scene.dev.now()
        members = (world.address(DEBTOR), world.address(CREDITOR), world.money, EACH, now + DAY, now + 2 * DAY)
        terms = EscrowTerms(*members, bytes(32), bytes(32))
        book = world.escrow_book(DEBTOR)
        escrow_id = book.escrow_id(terms)
        with world.engine.begin() as connection:
            add_escrow(
                connection,
                escrow_id=escrow_id,
                name="deposit",
                chain_id=scene.dev.chain_id,
                book=book.book.address,
                terms=terms,
                token=book.token(world.money),
                now=0,
            )
            for payer, who in ((True, DEBTOR), (False, CREDITOR)):
                sign_escrow(connection, escrow_id, payer=payer, signature=world.sign_escrow(terms, who), now=0)
            assert find_escrow(connection, "deposit").status == "signed"
        book.open(terms, world.sign_escrow(terms, DEBTOR), world.sign_escrow(terms, CREDITOR))
        seen = []
        for step in (book.fund, book.release, world.escrow_book(CREDITOR).withdraw):
            step(terms)
            scene.dev.finalise()
            follow(scene.context)
            with world.engine.connect() as connection:
                seen.append((find_escrow(connection, escrow_id).status, find_escrow(connection, escrow_id).withdrawn))
        assert seen == [("funded", False), ("released", False), ("released", True)]


class TestDerive:
    def test_plan_for_which_nothing_can_be_told_stops_only_itself_and_is_tried_again(
        self, scene: Scene, caplog: pytest.LogCaptureFixture
    ) -> None:
        odd, terms = scene.plan()
        good, _ = scene.plan()
        scene.dev.warp(terms.first_due_at - 7 * DAY)
        scene.dev.finalise()
        now = follow(scene.context).final_at

        def put(total: int) -> None:
            with scene.world.engine.begin() as connection:
                changed = terms.to_json().replace(f'"{terms.total}"', f'"{total}"')
                connection.execute(plans.update().where(plans.c.plan_id == odd).values(terms=changed))

        def trouble() -> str | None:
            with scene.world.engine.connect() as connection:
                return find_plan(connection, odd).trouble

        put(0)
        with scene.world.engine.begin() as connection:  # the odd one's turn comes first
            connection.execute(plans.update().where(plans.c.plan_id == odd).values(wake_at=-1))
        assert derive(scene.context, now) == len(scene.actions(good)) > 0
        assert str(trouble()).startswith("what is due cannot be told: ZeroDivisionError") and odd in caplog.text
        put(terms.total)
        assert derive(scene.context, now + TROUBLE_PAUSE_SECONDS - 1) == 0
        assert derive(scene.context, now + TROUBLE_PAUSE_SECONDS) == len(scene.actions(odd)) > 0
        assert trouble() is None


class TestRounds:
    def test_a_plans_life_is_told_once_each(self, scene: Scene) -> None:
        plan_id, terms = scene.plan(installments=2, total=2 * EACH)
        due, seen = terms.first_due_at, Counter[str]()

        def news() -> Counter[str]:
            scene.round()
            told = Counter(scene.told(plan_id))
            new = told - seen
            seen.update(new)
            return new

        def to(*roles: str, of: tuple[str, ...]) -> Counter[str]:
            return Counter(f"{stage}:{role}" for stage in of for role in roles)

        everybody = ("debtor", "creditor", "operator")
        assert news() == Counter()
        scene.dev.warp(due - 7 * DAY)
        assert news() == to("debtor", "operator", of=("before-7d",))
        scene.world.book(DEBTOR).pay(terms, EACH // 2, "half")
        scene.world.book(THIRD).pay(terms, EACH // 2, "other-half")
        assert news() == to(*everybody, of=("paid-part", "paid"))
        scene.dev.warp(due + DAY + 1)
        assert news() == to("debtor", "operator", of=("grace-start",))
        scene.dev.warp(due + DAY + terms.grace_seconds + 1)
        assert news() == to(*everybody, of=("missed-1",))
        assert scene.world.book(OPERATOR).account(plan_id).noted == 2
        scene.world.book(DEBTOR).pay(terms, ALL, "rest")
        assert news() == to(*everybody, of=("completed", "paid"))
        scene.dev.warp(due + 60 * DAY)
        assert news() == Counter()
        assert {record.status for record in scene.actions(plan_id)} == {DONE}

    def test_default_is_noted_and_collateral_auctioned_by_itself(self, scene: Scene) -> None:
        plan_id, terms = scene.plan(secured=True)
        scene.round()
        scene.dev.warp(terms.first_due_at + DAY + terms.grace_seconds + 1)
        report = scene.round()
        book = scene.world.book(OPERATOR)
        assert book.account(plan_id).status is Status.DEFAULTED
        position = book.position(plan_id)
        assert position.started_at > 0
        scene.round()
        stages = {told.partition(":")[0] for told in scene.told(plan_id)}
        assert {"default", "auction-started"} <= stages
        assert report.failed == report.quarantined == 0
        with scene.world.engine.connect() as connection:
            pledge = find_plan(connection, plan_id).collateral_terms
        assert pledge is not None
        scene.dev.warp(position.started_at + 60)
        scene.world.book(THIRD).buy(terms, pledge, "lot", max_price=10**18)
        scene.round()
        stages = {told.partition(":")[0] for told in scene.told(plan_id)}
        assert {"auction-sold", "completed"} <= stages and "paid" not in stages
        transactions = [r for r in scene.actions(plan_id) if r.action.kind is not Kind.NOTICE]
        done = {r.action.kind: r.status for r in transactions}
        assert done[Kind.AUCTION] == DONE
        assert done[Kind.POKE] in (DONE, SUPPRESSED)  # an auction's start notes the default as well

    def test_payment_seen_but_not_final_holds_the_reminder_and_then_suppresses_it(self, scene: Scene) -> None:
        plan_id, terms = scene.plan()
        scene.round()
        scene.dev.warp(terms.first_due_at - DAY)
        scene.dev.finalise()
        follow(scene.context)
        derive(scene.context, scene.context.chain.final().timestamp)
        (reminder,) = [r.action.key for r in scene.actions(plan_id) if r.action.contact == DEBTOR_MAIL]
        assert perform.judge(scene.context, reminder) is Verdict.GO
        scene.world.book(DEBTOR).pay(terms, EACH, "p")
        assert perform.judge(scene.context, reminder) is Verdict.HELD
        report = keeper_round(seconds=10)
        assert report.held == 2 and scene.told(plan_id) == []
        scene.round()
        with scene.world.engine.connect() as connection:
            record = find_action(connection, reminder)
        assert record is not None and record.status == SUPPRESSED
        assert "before-1d:debtor" not in scene.told(plan_id)
        assert "paid:debtor" in scene.told(plan_id)

    def test_held_reminder_goes_out_when_the_payment_is_reorganised_away(self, scene: Scene) -> None:
        plan_id, terms = scene.plan()
        scene.world.sender(DEBTOR).advance_all()
        scene.round()
        scene.dev.warp(terms.first_due_at - 3 * DAY)
        scene.dev.finalise()
        elsewhere = scene.world.elsewhere()
        elsewhere.book(DEBTOR).pay(terms, EACH, "p")  # approval and payment, two blocks
        keeper_round(seconds=10)
        assert scene.told(plan_id) == []
        scene.dev.reorg(2)
        scene.round()
        assert "before-3d:debtor" in scene.told(plan_id)
        assert scene.world.book(OPERATOR).account(plan_id).principal_paid == 0

    def test_budget_of_the_day_bounds_transactions(self, scene: Scene) -> None:
        from dataclasses import replace

        plan_id, terms = scene.plan(interval=3_600, grace_seconds=0, late_cap=1_000_000)
        scene.round()
        frugal = replace(scene.context, budget_per_day=2)
        for k in range(1, 6):
            scene.dev.warp(terms.first_due_at + (k - 1) * 3_600 + 1)
            scene.dev.finalise()
            at = follow(frugal).final_at
            with scene.world.engine.begin() as connection:
                connection.execute(plans.update().where(plans.c.plan_id == plan_id).values(wake_at=0))
            derive(frugal, at)
        assert len([r for r in scene.actions(plan_id) if r.action.kind is Kind.POKE]) == 2

    def test_keeper_without_a_key_only_writes(self, scene: Scene) -> None:
        from dataclasses import replace

        plan_id, terms = scene.plan()
        scene.dev.warp(terms.first_due_at + terms.grace_seconds + 1)
        scene.dev.finalise()
        keyless = replace(scene.context, sender=None)
        derive(keyless, follow(keyless).final_at)
        assert {r.action.kind for r in scene.actions(plan_id)} == {Kind.NOTICE}


class TestFailures:
    def test_plan_in_trouble_is_counted_in_the_report(self, scene: Scene) -> None:
        before = scene.round().troubled
        plan_id, _ = scene.plan()
        with scene.world.engine.begin() as connection:
            connection.execute(plans.update().where(plans.c.plan_id == plan_id).values(account="[]"))
        assert scene.round().troubled == before + 1

    def due(self, scene: Scene) -> tuple[str, str]:
        plan_id, terms = scene.plan()
        scene.round()
        scene.dev.warp(terms.first_due_at - 7 * DAY)
        return plan_id, f"plan:{plan_id}:v0:k1:before-7d:mail:debtor"

    def record(self, scene: Scene, key: str) -> perform.ActionRecord:
        with scene.world.engine.connect() as connection:
            found = find_action(connection, key)
        assert found is not None
        return found

    def test_notice_waits_for_a_mail_server_that_says_later(self, scene: Scene) -> None:
        plan_id, key = self.due(scene)
        scene.mail.refuse = "451 come back later"
        for _ in range(2):
            scene.round()
        record = self.record(scene, key)
        assert record.status == PENDING and record.attempts == 2
        assert record.error is not None and record.error.startswith("settlement.channel-unreachable: mail did not")
        scene.mail.refuse = ""
        scene.round()
        assert self.record(scene, key).status == DONE
        assert scene.told(plan_id).count("before-7d:debtor") == 1

    def test_refused_notice_is_put_aside_after_three_times_and_retried_on_demand(self, scene: Scene) -> None:
        plan_id, key = self.due(scene)
        scene.mail.refuse = "550 no such mailbox"
        for _ in range(3):
            scene.round()
        record = self.record(scene, key)
        assert record.status == QUARANTINED and record.attempts == 3
        assert record.error is not None and "550 no such mailbox" in record.error
        scene.mail.refuse = ""
        scene.round()
        assert self.record(scene, key).status == QUARANTINED
        perform.retry(scene.context, key)
        scene.round()
        assert self.record(scene, key).status == DONE
        assert "before-7d:operator" in scene.told(plan_id)

    def test_pause_grows_and_impatient_rounds_keep_it(self, scene: Scene) -> None:
        _, key = self.due(scene)
        scene.mail.refuse = "451 later"
        scene.dev.finalise()
        keeper_round(patient=False)
        first = self.record(scene, key)
        keeper_round(patient=False)
        assert self.record(scene, key).attempts == first.attempts == 1
        assert 0 < first.retry_at - scene.context.clock() <= perform.FIRST_PAUSE_SECONDS
        perform.fail(scene.context, key, first.run, "again", again=True)
        assert self.record(scene, key).retry_at - first.retry_at >= perform.FIRST_PAUSE_SECONDS

    def test_poke_whose_block_is_reorganised_away_is_sent_again(self, scene: Scene) -> None:
        plan_id, terms = scene.plan()
        scene.round()
        scene.dev.warp(terms.first_due_at + terms.grace_seconds + 1)
        scene.dev.finalise()
        keeper_round(patient=False)
        key = f"plan:{plan_id}:v0:k1:poke"
        sent = self.record(scene, key)
        assert sent.status == "sent" and scene.world.book(OPERATOR).account(plan_id).noted == 1
        scene.dev.reorg(1)
        assert scene.world.book(OPERATOR).account(plan_id).noted == 0
        keeper_round(patient=False)
        scene.round()
        assert self.record(scene, key).status == DONE
        assert scene.world.book(OPERATOR).account(plan_id).noted == 1
        with scene.world.engine.connect() as connection:
            assert [e.name for e in history(connection, plan_id)].count("InstallmentsMissed") == 1


class TestProcesses:
    def test_command_beside_a_running_keeper_enqueues_and_gets_the_report(self, scene: Scene) -> None:
        plan_id, terms = scene.plan()
        scene.dev.warp(terms.first_due_at - 7 * DAY)
        scene.dev.finalise()

        def never() -> None:
            raise AssertionError("a second engine was about to be launched")

        from portal.engine import Runner

        with Runner(scene.world.folder / "engine.lock", scene.world.database, "keeper once", never) as beside:
            result = beside.run(ROUND, f"once:{plan_id}")
        assert isinstance(result, dict) and result["done"] >= 2
        assert "before-7d:debtor" in scene.told(plan_id)

    def test_loop_goes_on_after_a_failed_round_and_stops_when_told(self, scene: Scene) -> None:
        stop, reports, errors = threading.Event(), list[Report](), list[Exception]()

        def on_error(error: Exception) -> None:
            errors.append(error)
            configure(scene.context)

        def on_round(report: Report) -> None:
            reports.append(report)
            stop.set()

        configure(None)
        loop = threading.Thread(
            target=run_forever, args=(stop, 0.05), kwargs={"on_round": on_round, "on_error": on_error}
        )
        loop.start()
        loop.join(30)
        assert not loop.is_alive()
        assert len(errors) == 1 and len(reports) == 1

    def test_keys_are_the_only_thing_the_engine_keeps_of_a_plan(self, scene: Scene) -> None:
        with scene.world.engine.connect() as connection:
            tables = ("workflow_status", "workflow_input", "workflow_output", "operation_outputs", "notifications")
            kept = "".join(str(connection.execute(sa.text(f"select * from {table}")).all()) for table in tables)
        assert "k1:before-7d" in kept
        assert "debtor@d.test" not in kept and "TUSD" not in kept

"""SIGKILL at random moments: of a keeper that sends mail, posts and transactions, and of a command that pays.

The checker at the end reads the chain and the receivers; of our tables it reads what they claim, to hold it against
those.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from support.keeper_child import HOOK, Settings, keep, pay, spawn
from support.settlement_world import DEBTOR, OPERATOR, THIRD, World, settlement_world
from support.smtpd import MailServer
from support.webhook import WebHookServer

from onchain.abi import checksum_address
from onchain.contract import Contract
from onchain.decode import Event
from settlement.keeper.actions import Contact, Kind, PlanSnapshot, due_actions
from settlement.keeper.channels import reference_of
from settlement.keeper.ladder import AUDIENCES, Role, Stage
from settlement.plan import ALL
from settlement.records import find_plan, list_actions
from settlement.schedule import DAY
from settlement.store import PENDING, QUARANTINED, SENT
from settlement.terms import Terms
from settlement.token import Token

EACH = 100_000_000
DEBTOR_MAIL = Contact(Role.DEBTOR, "mail", "zh-Hans")
CREDITOR_MAIL = Contact(Role.CREDITOR, "mail", "en")
PEOPLE = (DEBTOR_MAIL, CREDITOR_MAIL, HOOK)


@dataclass
class Scene:
    """A world with two plans, receivers that dawdle, and blocks that come all the time."""

    world: World
    mail: MailServer
    hook: WebHookServer
    settings: Settings
    plans: dict[str, Terms] = field(default_factory=dict)

    def delivered(self) -> Counter[str]:
        """Reference numbers that came, and how often."""
        found = Counter(mail.message_id.strip("<>").partition("@")[0] for mail in self.mail.mails)
        found.update(post.reference for post in self.hook.posts)
        return found

    def open_actions(self) -> list[str]:
        """Keys of what is neither done nor given up."""
        with self.world.engine.connect() as connection:
            return [record.action.key for record in list_actions(connection, None, PENDING, SENT)]

    def explain(self, missing: set[str]) -> str:
        """What our books say about notices that have not come, and about all that waits."""
        with self.world.engine.connect() as connection:
            records = list_actions(connection)
        wanted = [r for r in records if r.action.key in missing or r.status in (PENDING, SENT, QUARANTINED)]
        lines = [f"{r.action.key}: {r.status}, run {r.run}, {r.attempts} failed, {r.error}, {r.answer}" for r in wanted]
        return "\n".join([*lines, f"never derived: {missing - {r.action.key for r in records}}"])

    def account(self, plan_id: str, at: int | str) -> PlanSnapshot:
        """A plan as the chain itself has it in a block."""
        account = self.world.book(OPERATOR).account(plan_id, at)
        return PlanSnapshot(plan_id, self.plans[plan_id], account, PEOPLE)

    def due_now(self) -> set[str]:
        """Keys of the notices that are due by the chain's last final block, from the chain alone."""
        final = self.world.sender(OPERATOR).chain.final()
        plans = [self.account(plan_id, final.number) for plan_id in self.plans]
        return {action.key for action in due_actions(plans, final.timestamp) if action.kind is Kind.NOTICE}


@contextmanager
def mining(world: World) -> Iterator[None]:
    """A block every tenth of a second."""
    over = threading.Event()

    def mine() -> None:
        while not over.wait(0.1):
            world.dev.mine()

    miner = threading.Thread(target=mine)
    miner.start()
    try:
        yield
    finally:
        over.set()
        miner.join()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Scene]:
    receivers = MailServer(before_ok=0.03), WebHookServer(before_ok=0.03)
    with settlement_world(tmp_path) as world, receivers[0] as mail, receivers[1] as hook:
        settings = Settings(tmp_path, world.dev.url, world.addresses, mail.url, hook.url)
        with mining(world):
            yield Scene(world, mail, hook, settings)


def run_and_kill(stage: Scene, rng: random.Random) -> bool:
    """Start a keeper and kill it at a random moment; tells whether it left work behind.

    Every third is killed while it starts, the others while it works, however slow the machine is today.
    """
    stage.settings.ready.unlink(missing_ok=True)
    child = spawn(keep, stage.settings)
    if rng.random() < 1 / 3:
        time.sleep(rng.uniform(0, 0.5))
    else:
        deadline = time.monotonic() + 30
        while not stage.settings.ready.exists():
            assert child.is_alive() and time.monotonic() < deadline
            time.sleep(0.005)
        time.sleep(rng.uniform(0, 0.6))
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    child.join(10)
    assert child.exitcode == -signal.SIGKILL
    return bool(stage.open_actions())


def run_until_done(stage: Scene, wanted: set[str], seconds: float) -> None:
    """Let a keeper work in peace until all wanted keys were delivered and nothing waits; then end it in order."""
    references = {reference_of(key): key for key in wanted}
    stage.settings.ready.unlink(missing_ok=True)
    child = spawn(keep, stage.settings)
    deadline = time.monotonic() + seconds
    try:
        while True:
            delivered = stage.delivered()
            missing = {key for reference, key in references.items() if reference not in delivered}
            if stage.settings.ready.exists() and not missing and not stage.open_actions():
                break
            assert child.is_alive() and time.monotonic() < deadline, stage.explain(missing)
            time.sleep(0.05)
    finally:
        child.terminate()
        child.join(20)
    assert child.exitcode == 0


def story(stage: Scene, kills: int, seed: int) -> None:
    """Two plans go through reminders, payments, misses, default and completion, with kills all the way.

    Between two kills there is always a payment or another day: the keeper has something to do when it is killed.
    """
    rng, world = random.Random(seed), stage.world
    payer = world.elsewhere()
    first_due = world.dev.now() + 30 * DAY
    people = {DEBTOR_MAIL: "mailto:debtor@d.test", CREDITOR_MAIL: "mailto:creditor@c.test"}
    steady = world.terms(first_due_at=first_due, installments=2, total=2 * EACH)
    careless = world.terms(first_due_at=first_due, installments=3, total=3 * EACH, default_missed=2)
    for terms in (steady, careless):
        stage.plans[world.adopt(terms, None, people).plan_id] = terms
        world.open(terms)
    for who in (DEBTOR, THIRD):  # once for all payments
        chain, token = payer.sender(who).chain, world.money
        Token(chain, token).allow(
            payer.sender(who), world.addresses.repayment_book, 99 * EACH, key=f"{who}", timeout=20
        )
    days = [
        first_due - 14 * DAY,
        first_due - 3 * DAY,
        first_due - DAY + 60,
        first_due + 1,
        first_due + steady.grace_seconds + 1,
        first_due + DAY + careless.grace_seconds + 1,
        first_due + 3 * DAY,
    ]
    expected: set[str] = set()
    interrupted = 0
    for day, moment in enumerate(days):
        world.dev.warp(moment)
        for number in range(kills * (day + 1) // len(days) - kills * day // len(days)):
            interrupted += run_and_kill(stage, rng)
            payer.book(rng.choice((DEBTOR, THIRD))).pay(steady, 1_000 + number, f"{day}-{number}")
        time.sleep(0.5)  # the last payment is final
        expected |= stage.due_now()
        run_until_done(stage, stage.due_now(), 40)
    for terms in (steady, careless):
        payer.book(THIRD).pay(terms, ALL, "rest")
    interrupted += run_and_kill(stage, rng)
    run_until_done(stage, {key for plan_id in stage.plans for key in told_of(stage, plan_id, book_events(stage))}, 40)
    check(stage, expected)
    assert interrupted > kills // 3, f"only {interrupted} of {kills} kills left work behind"


def book_events(stage: Scene) -> list[Event]:
    """All final events of the book and the collateral module, read from the chain."""
    addresses, chain = stage.world.addresses, stage.world.sender(OPERATOR).chain
    book = Contract("RepaymentBook", addresses.repayment_book)
    logs = chain.logs(0, chain.final().number, [book.address])
    return [event for log in logs if (event := book.decode_log(log)) is not None]


def check(stage: Scene, expected: set[str]) -> None:
    """Hold the receivers and our books against the chain."""
    world = stage.world
    chain = world.sender(OPERATOR).chain
    events = book_events(stage)

    # 1. Every notice that was due by the chain alone has come, and every event's notice to everybody.
    delivered = stage.delivered()
    wanted = expected | {key for plan_id in stage.plans for key in told_of(stage, plan_id, events)}
    lacking = {key for key in wanted if reference_of(key) not in delivered}
    assert not lacking

    # 2. What came has one Message-ID for one key: a repetition is the same notice, and nothing came that was never due.
    with world.engine.connect() as connection:
        records = list_actions(connection)
        plans = {plan_id: find_plan(connection, plan_id) for plan_id in stage.plans}
    known = {reference_of(record.action.key): record.action for record in records}
    assert set(delivered) <= set(known)
    subjects: dict[str, set[str]] = {}
    for mail in stage.mail.mails:
        reference, _, domain = mail.message_id.strip("<>").partition("@")
        action = known[reference]
        assert domain == "origin.test" and len(mail.message.get_all("Message-ID", [])) == 1
        assert action.contact is not None
        assert mail.recipients == (f"{action.contact.role}@{action.contact.role[0]}.test",)
        subjects.setdefault(reference, set()).add(f"{mail.recipients}{mail.message['Subject']}")
    for post in stage.hook.posts:
        assert reference_of(str(post.body["key"])) == post.reference
    assert all(record.status != QUARANTINED for record in records)

    # 3. Nothing was poked twice: one transaction for each key, none besides, and each wrote something new, unless a
    #    payment that was mined just before it had written that already.
    pokes = {str(record.tx_hash): record for record in records if record.action.kind is Kind.POKE and record.tx_hash}
    assert len(pokes) == len([record for record in records if record.action.kind is Kind.POKE and record.tx_hash]) > 0
    to_book = {tx for tx, to in transactions_of(world, world.address(OPERATOR)) if to == world.addresses.repayment_book}
    opened = {event.tx_hash for event in events if event.name == "PlanOpened"}
    assert {"0x" + tx.hex() for tx in to_book - opened} == set(pokes)
    notes = [event for event in events if event.name in ("InstallmentsMissed", "Defaulted")]
    for tx_hash, record in pokes.items():
        receipt = chain.receipt(bytes.fromhex(tx_hash[2:]))
        assert receipt is not None and receipt.ok
        plan = bytes.fromhex(record.action.plan_id[2:])
        earlier = [e for e in notes if e.args["planId"] == plan and e.block_number <= receipt.block_number]
        assert earlier
        if not receipt.logs:
            assert "0x" + earlier[-1].tx_hash.hex() not in pokes

    # 4. Our books say what the chain says.
    for plan_id, record in plans.items():
        assert record.trouble is None
        assert record.account == world.book(OPERATOR).account(plan_id)
    assert {record.status for record in plans.values()} == {"completed"}
    held = Contract("DemoToken", world.money)
    call = held.encode("balanceOf", world.addresses.repayment_book)
    assert held.decode_output("balanceOf", chain.call(world.money, call)) == (5 * EACH + charges(events),)


def told_of(stage: Scene, plan_id: str, events: list[Event]) -> set[str]:
    """Keys of the notices about a plan's payments and its end, counted from the chain's events."""
    keys, collected, cleared = set(), 0, 0
    terms = stage.plans[plan_id]
    for event in events:
        if event.args["planId"] != bytes.fromhex(plan_id[2:]):
            continue
        stages: list[Stage] = []
        if event.name == "Paid":
            principal, charged = event.args["principalPaid"], event.args["chargesPaid"]
            assert isinstance(principal, int) and isinstance(charged, int)
            collected, now_cleared = principal + charged, principal * terms.installments // terms.total
            stages = [Stage.PAID if now_cleared > cleared else Stage.PAID_PART]
            cleared = now_cleared
        elif event.name in ("Cured", "Completed"):
            stages = [Stage(event.name.lower())]
        for told in stages:
            for contact in PEOPLE:
                assert contact.role in AUDIENCES[told]
                keys.add(f"plan:{plan_id}:v0:p{collected}:{told}:{contact.channel}:{contact.role}")
    return keys


def charges(events: list[Event]) -> int:
    """Late charges that were paid in all."""
    return sum(int(str(event.args["charges"])) for event in events if event.name == "Paid")


def transactions_of(world: World, sender: str) -> list[tuple[bytes, str]]:
    """Hash and receiver of an account's mined transactions, from the blocks themselves."""
    chain = world.sender(OPERATOR).chain
    calls = [("eth_getBlockByNumber", [hex(number), True]) for number in range(chain.final().number + 1)]
    found = []
    for start in range(0, len(calls), 200):
        for block in chain.batch_all(calls[start : start + 200]):
            assert isinstance(block, dict) and isinstance(block["transactions"], list)
            for tx in block["transactions"]:
                assert isinstance(tx, dict)
                if str(tx["from"]).lower() == sender.lower():
                    to = checksum_address(str(tx["to"])) if tx["to"] is not None else ""
                    found.append((bytes.fromhex(str(tx["hash"])[2:]), to))
    return found


@pytest.mark.timeout(180)
def test_thirty_kills_lose_no_notice_and_repeat_no_transaction(stage: Scene) -> None:
    story(stage, kills=30, seed=int(os.environ.get("TALLYSTICK_FAULT_SEED", "20261123")))


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(4))
def test_many_kills_lose_no_notice_and_repeat_no_transaction(stage: Scene, seed: int) -> None:
    story(stage, kills=120, seed=seed)


@pytest.mark.timeout(120)
def test_payment_command_killed_at_random_pays_exactly_once(stage: Scene) -> None:
    rng, world = random.Random(7), stage.world
    terms = world.terms()
    plan_id = world.open(terms)
    payments, kills = 6, 0
    for number in range(payments):
        for attempt in range(100):
            child = spawn(pay, stage.settings, DEBTOR, terms, 1_000 + number, f"n{number}")
            child.join(rng.uniform(0.02, 0.4 + 0.1 * attempt))  # even a busy machine gets there in the end
            if child.exitcode is None and child.pid is not None:
                os.kill(child.pid, signal.SIGKILL)
                kills += 1
            child.join(10)
            if child.exitcode == 0:
                break
            assert child.exitcode == -signal.SIGKILL
    world.dev.finalise()
    chain = world.sender(OPERATOR).chain
    book = Contract("RepaymentBook", world.addresses.repayment_book)
    paid = [
        event.args["principal"]
        for log in chain.logs(0, chain.head().number, [book.address])
        if (event := book.decode_log(log)) is not None and event.name == "Paid"
    ]
    assert kills > 0
    assert sorted(int(str(amount)) for amount in paid) == [1_000 + number for number in range(payments)]
    assert world.book(OPERATOR).account(plan_id).principal_paid == sum(range(1_000, 1_000 + payments))

"""A whole settlement world for tests: an anvil with contracts and tokens, keys, a database, contexts, the engine.

Accounts: 0 deploys and operates the keeper, 1 is the debtor, 2 the creditor, 3 somebody else.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy.engine import Engine
from support.devchain import dev_chain

from onchain import store as chain_store
from onchain.contract import Contract
from onchain.deploy import deploy
from onchain.devchain import DevChain
from onchain.send import Sender
from portal.database import open_engine, sqlite_url
from portal.engine import Runner
from settlement import store
from settlement.book import Book
from settlement.context import Addresses, SettlementContext
from settlement.eip712 import typed_data
from settlement.escrow_book import EscrowBook
from settlement.keeper.actions import Contact
from settlement.keeper.channels import Notifier
from settlement.keeper.ladder import Role
from settlement.records import PlanRecord, add_plan, set_contact, sign_plan
from settlement.schedule import DAY
from settlement.terms import (
    Allocation,
    Calendar,
    CollateralTerms,
    EscrowTerms,
    Terms,
    book_domain,
    collateral_terms_hash,
    escrow_domain,
)

ZERO = "0x" + "00" * 20
OPERATOR, DEBTOR, CREDITOR, THIRD = range(4)
RICH = 10**18


@dataclass
class World:
    """One anvil with one set of contracts, one database file, one engine lock."""

    dev: DevChain
    folder: Path
    addresses: Addresses
    money: str
    gold: str
    engine: Engine
    database: str
    salts: int = 0
    senders: dict[int, Sender] = field(default_factory=dict)

    def address(self, who: int) -> str:
        """Address of an account."""
        return self.dev.signer(who).address

    def sender(self, who: int) -> Sender:
        """Sends for an account."""
        if who not in self.senders:
            self.senders[who] = Sender(self.engine, self.dev.chain(), self.dev.signer(who), _wall)
        return self.senders[who]

    def book(self, who: int) -> Book:
        """The book, used by an account."""
        sender = self.sender(who)
        return Book(sender.chain, self.addresses.repayment_book, collateral=self.addresses.collateral, sender=sender)

    def escrow_book(self, who: int) -> EscrowBook:
        """The escrow book, used by an account."""
        sender = self.sender(who)
        return EscrowBook(sender.chain, self.addresses.require_escrow_book(0), sender=sender)

    def take_nonce(self, who: int, key: str) -> None:
        """Have another wallet with the same key spend the nonce of a transaction on its way, finally."""
        record = self.sender(who).get(key)
        assert record is not None and record.status == "pending"
        self.dev.drop(record.tx_hash)
        other = self.elsewhere().sender(who)
        assert other.submit("theirs", self.address(OPERATOR), b"", 1).nonce == record.nonce
        self.dev.mine()
        self.dev.set_automine(True)
        self.dev.finalise()

    def elsewhere(self) -> World:
        """Another workspace with the same keys on the same chain: its database knows nothing of ours."""
        self.salts += 1
        folder = self.folder / f"elsewhere-{self.salts}"
        folder.mkdir()
        database = sqlite_url(folder / "world.sqlite")
        return replace(self, folder=folder, engine=_open(database), database=database, senders={})

    def balance(self, token: str, who: int) -> int:
        """What an account holds, read from the chain."""
        contract = Contract("DemoToken", token)
        output = self.dev.chain().call(token, contract.encode("balanceOf", self.address(who)))
        (value,) = contract.decode_output("balanceOf", output)
        assert isinstance(value, int)
        return value

    # --- terms ---

    def terms(self, **changes: object) -> Terms:
        """Terms of 1,200.00 in 12 installments of a day, the first due in twenty days; `changes` replace members."""
        self.salts += 1
        base = Terms(
            debtor=self.address(DEBTOR),
            creditor=self.address(CREDITOR),
            token=self.money,
            total=1_200_000_000,
            calendar=Calendar.SECONDS,
            first_due_at=self.dev.now() + 20 * DAY,
            interval=DAY,
            installments=12,
            anchor_day=0,
            utc_offset=0,
            grace_seconds=3_600,
            late_flat=1_000_000,
            late_daily=500_000,
            late_cap=5_000_000,
            allocation=Allocation.CHARGES_FIRST,
            default_missed=0,
            default_seconds=0,
            collateral=ZERO,
            collateral_terms=bytes(32),
            agreement=b"\x01" * 32,
            jurisdiction=b"\x02" * 32,
            salt=self.salts.to_bytes(32, "big"),
            sign_by=self.dev.now() + DAY,
        )
        return replace(base, **changes)  # type: ignore[arg-type]

    def secured(self, amount: int = 1_000_000, **changes: object) -> tuple[Terms, CollateralTerms]:
        """Terms with collateral in gold; in default after two missed installments, or one for 30 days."""
        pledge = CollateralTerms(self.gold, amount, 15_000, 600_000_000, 3_600)
        named: dict[str, object] = {
            "collateral": self.addresses.collateral,
            "collateral_terms": collateral_terms_hash(pledge),
            "default_missed": 2,
            "default_seconds": 30 * DAY,
        }
        return self.terms(**{**named, **changes}), pledge

    def sign(self, terms: Terms, who: int) -> bytes:
        """A party's signature."""
        domain = book_domain(self.dev.chain_id, self.addresses.repayment_book)
        return self.dev.signer(who).sign_typed_data(typed_data(terms, domain))

    def sign_escrow(self, terms: EscrowTerms, who: int) -> bytes:
        """A party's signature."""
        domain = escrow_domain(self.dev.chain_id, self.addresses.require_escrow_book(0))
        return self.dev.signer(who).sign_typed_data(typed_data(terms, domain))

    def open(self, terms: Terms, pledge: CollateralTerms | None = None) -> str:
        """Open a plan on chain; returns its id."""
        if pledge is not None:
            self.book(DEBTOR).allow_collateral(terms, pledge)
        book = self.book(OPERATOR)
        book.open(terms, self.sign(terms, DEBTOR), self.sign(terms, CREDITOR), pledge)
        return book.plan_id(terms)

    def adopt(
        self, terms: Terms, pledge: CollateralTerms | None = None, contacts: dict[Contact, str] | None = None
    ) -> PlanRecord:
        """Put a plan into the workspace's tables."""
        book = self.book(OPERATOR)
        plan_id = book.plan_id(terms)
        token = book.token(terms.token)
        with self.engine.begin() as connection:
            add_plan(
                connection,
                plan_id=plan_id,
                name=f"plan {plan_id[2:10]}",
                chain_id=self.dev.chain_id,
                book=self.addresses.repayment_book,
                terms=terms,
                collateral_terms=pledge,
                token=token,
                now=_wall(),
            )
            sign_plan(connection, plan_id, role=Role.DEBTOR, signature=self.sign(terms, DEBTOR), now=_wall())
            record = sign_plan(
                connection, plan_id, role=Role.CREDITOR, signature=self.sign(terms, CREDITOR), now=_wall()
            )
            for contact, address in (contacts or {}).items():
                set_contact(
                    connection,
                    plan_id,
                    role=contact.role,
                    channel=contact.channel,
                    locale=contact.locale,
                    address=address,
                )
        return record

    # --- the keeper ---

    def context(
        self, *, smtp_url: str | None = None, operators: dict[Contact, str] | None = None, budget_per_day: int = 24
    ) -> SettlementContext:
        """The keeper's world."""
        return SettlementContext(
            engine=self.engine,
            clock=_wall,
            chain=self.sender(OPERATOR).chain,
            addresses=self.addresses,
            notifier=Notifier("origin.test", smtp_url),
            sender=self.sender(OPERATOR),
            operators=operators or {},
            budget_per_day=budget_per_day,
        )

    @contextmanager
    def keeper(self, context: SettlementContext, purpose: str = "keeper") -> Iterator[Runner]:
        """The engine, launched with the keeper's workflows."""

        def prepare() -> None:
            from settlement.keeper import workflows

            workflows.configure(context)

        with Runner(self.folder / "engine.lock", self.database, purpose, prepare) as runner:
            yield runner


@contextmanager
def settlement_world(folder: Path, *, block_time: int | None = None, database: str | None = None) -> Iterator[World]:
    """Start an anvil, deploy everything, give everybody money and gold.

    database  URL; None: an SQLite file in `folder`
    """
    database = database or sqlite_url(folder / "world.sqlite")
    with dev_chain(31338, block_time=block_time) as dev:
        engine = _open(database)
        sender = Sender(engine, dev.chain(), dev.signer(OPERATOR), _wall)
        path = folder / "deployments.json"
        money = deploy("DemoToken", ["Test Dollar", "TUSD", 6], sender, path, label="money").address
        gold = deploy("DemoToken", ["Test Gold", "TGLD", 3], sender, path, label="gold").address
        book = deploy("RepaymentBook", [], sender, path)
        collateral = deploy("Collateral", [book.address], sender, path)
        escrow = deploy("EscrowBook", [], sender, path)
        for token in (money, gold):
            for who in (DEBTOR, CREDITOR, THIRD):
                contract = Contract("DemoToken", token)
                key = f"mint:{token}:{who}"
                sender.call_contract(key, contract, "mint", dev.signer(who).address, RICH)
                sender.wait(key, 20)
        addresses = Addresses(book.address, escrow.address, collateral.address, book.block)
        try:
            yield World(dev, folder, addresses, money, gold, engine, database, senders={OPERATOR: sender})
        finally:
            engine.dispose()


def _open(database: str) -> Engine:
    """A database with the tables that settlement needs."""
    engine = open_engine(database)
    for metadata in (chain_store.metadata, store.metadata):
        metadata.create_all(engine)
    return engine


def _wall() -> int:
    return int(time.time())

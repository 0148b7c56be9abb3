"""The commands of `tallystick plan` that move money or collateral."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import click

from portal.cli.shell import Shell, command
from portal.cli.showing import money, sent_json, sent_lines

if TYPE_CHECKING:
    from portal.papers import Paper
    from settlement.book import Book, Sent
    from settlement.terms import CollateralTerms, Terms

_KEY = click.option("--key", required=True, metavar="NAME", help="Whose key signs the transaction.")
_ONCE = click.option(
    "--once", metavar="WORD", help="Names this transaction: repeated with the same word it is not done twice."
)
_TO = click.option("--to", metavar="KEY|0x", help="Where it goes [default: to the one who signs].")


@dataclass(frozen=True)
class Call:
    """What a command does something with.

    nonce   names the transaction
    to      where money goes; None: to the one who signs
    """

    book: Book
    paper: Paper
    terms: Terms
    nonce: str
    to: str | None

    @property
    def pledged(self) -> CollateralTerms:
        """The plan's collateral.  Raises CollateralUnknown."""
        from settlement.service_errors import CollateralUnknown

        if self.paper.collateral_terms is None:
            raise CollateralUnknown(plan_id=self.paper.id, reason="the plan has no collateral")
        return self.paper.collateral_terms


@command(
    "pay", after="`tallystick plan show NAME` shows what is left; the creditor may `plan withdraw`.", opens_key=True
)
@click.argument("name")
@_KEY
@click.option("--amount", metavar="AMOUNT", help="In whole tokens, as 12.50.")
@click.option("--all", "everything", is_flag=True, help="All that is owed, late charges included.")
@_ONCE
def pay(shell: Shell, name: str, key: str, amount: str | None, everything: bool, once: str | None) -> None:
    """Pay towards plan NAME. Anybody may pay; more than what is owed is never taken.

    \b
    Examples:
      tallystick plan pay smith-plan --key debtor --amount 12.50
      tallystick plan pay smith-plan --key friend --all --once last-one
    """
    from portal.errors import ArgumentInvalid
    from settlement.money import parse_amount
    from settlement.plan import ALL

    if (amount is None) != everything:
        raise ArgumentInvalid("--amount", amount or "", "give either --amount or --all")

    def act(call: Call) -> Sent:
        units = ALL if amount is None else parse_amount(amount, call.paper.decimals)
        return call.book.pay(call.terms, units, call.nonce)

    def told(paper: Paper, sent: Sent) -> str:
        paid = sent.first("Paid")
        if paid is None:
            return "paid"
        principal, charges = int(str(paid.args["principal"])), int(str(paid.args["charges"]))
        total, parts = money(principal + charges, paper), (money(principal, paper), money(charges, paper))
        return f"paid {total}: {parts[0]} principal, {parts[1]} charges"

    _run(shell, "plan pay", name, key, once, act, told=told)


@command("withdraw", after="`tallystick plan show NAME`.", opens_key=True)
@click.argument("name")
@_KEY
@click.option("--amount", metavar="AMOUNT", help="In whole tokens [default: all that is there].")
@_TO
@_ONCE
def withdraw(shell: Shell, name: str, key: str, amount: str | None, to: str | None, once: str | None) -> None:
    """Take what was paid on plan NAME out of the contract; only the creditor's key can.

    \b
    Example:
      tallystick plan withdraw smith-plan --key creditor
    """
    from settlement.money import parse_amount
    from settlement.plan import ALL

    def act(call: Call) -> Sent:
        units = ALL if amount is None else parse_amount(amount, call.paper.decimals)
        return call.book.withdraw(call.terms, call.nonce, amount=units, to=call.to)

    _run(shell, "plan withdraw", name, key, once, act, to=to)


@command("release", after="`tallystick plan show NAME`.", opens_key=True)
@click.argument("name")
@_KEY
@_TO
@_ONCE
def release(shell: Shell, name: str, key: str, to: str | None, once: str | None) -> None:
    """Take collateral out that plan NAME has released so far; only the debtor's key can.

    \b
    Example:
      tallystick plan release smith-plan --key debtor
    """

    def act(call: Call) -> Sent:
        return call.book.release(call.terms, call.pledged, call.nonce, to=call.to)

    _run(shell, "plan release", name, key, once, act, to=to)


@command("buy", after="`tallystick plan show NAME`.", opens_key=True)
@click.argument("name")
@_KEY
@click.option("--max-price", required=True, metavar="AMOUNT", help="Most that you pay, in the plan's token.")
@_ONCE
def buy(shell: Shell, name: str, key: str, max_price: str, once: str | None) -> None:
    """Buy the collateral of plan NAME in its running auction; the price falls with every second.

    It buys the whole lot as it is now, or nothing: a payment just ahead cannot shrink it.

    \b
    Example:
      tallystick plan buy smith-plan --key buyer --max-price 400
    """
    from settlement.money import parse_amount

    def act(call: Call) -> Sent:
        most = parse_amount(max_price, call.paper.decimals)
        return call.book.buy(call.terms, call.pledged, call.nonce, max_price=most)

    def told(paper: Paper, sent: Sent) -> str:
        sold = sent.first("CollateralSold")
        if sold is None or paper.collateral_terms is None:
            return "bought"
        quantity, price = sold.args["quantity"], int(str(sold.args["price"]))
        return f"bought {quantity} units of {paper.collateral_terms.token} for {money(price, paper)}"

    _run(shell, "plan buy", name, key, once, act, told=told)


@command("surplus", after="`tallystick plan show NAME`.", opens_key=True)
@click.argument("name")
@_KEY
@_TO
@_ONCE
def surplus(shell: Shell, name: str, key: str, to: str | None, once: str | None) -> None:
    """Take out what a sale of the collateral brought beyond the debt; only the debtor's key can.

    \b
    Example:
      tallystick plan surplus smith-plan --key debtor
    """

    def act(call: Call) -> Sent:
        return call.book.withdraw_surplus(call.terms, call.nonce, to=call.to)

    _run(shell, "plan surplus", name, key, once, act, to=to)


def _run(
    shell: Shell,
    purpose: str,
    name: str,
    key: str,
    once: str | None,
    act: Callable[[Call], Sent],
    *,
    to: str | None = None,
    told: Callable[[Paper, Sent], str] = lambda _paper, _sent: "",
) -> None:
    """Find the plan, open the key, do it, show the transaction.

    The word that names the transaction is told before anything is sent, and by an error that leaves it open whether
    it will be mined.
    """
    from portal import settling
    from portal.errors import PaperInvalid
    from settlement.terms import Terms

    nonce = once or secrets.token_hex(8)
    with shell.world(purpose) as world:
        paper = settling.trusted_paper(world, name).paper
        if not isinstance(paper.terms, Terms):
            raise PaperInvalid(name, "is an escrow; use `tallystick escrow`")
        target = None if to is None else world.keys.resolve(to)
        call = Call(settling.book(world, paper, key), paper, paper.terms, nonce, target)
        if once is None:
            shell.note(f"This transaction is called {nonce}: to repeat it without doing it twice, add --once {nonce}")
        with _repeatable(nonce):
            sent = act(call)
    for line in sent_lines(sent):
        shell.say(line)
    shell.result({"plan_id": paper.id, "once": nonce, **sent_json(sent)}, told(paper, sent))


@contextmanager
def _repeatable(nonce: str) -> Iterator[None]:
    """Have errors that leave a transaction open say how to repeat it without doing it twice."""
    from onchain.errors import NodeError, TransactionStuck

    again = f"It may still be mined: repeat with --once {nonce}, so that it is not done twice."
    try:
        yield
    except (NodeError, TransactionStuck) as exc:
        exc.hint = f"{again} {exc.hint}".rstrip()
        raise
    except KeyboardInterrupt as exc:
        exc.add_note(again)
        raise


COMMANDS: Final = (pay, withdraw, release, buy, surplus)

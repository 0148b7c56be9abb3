"""The demo's settlements: a plan that is missed, cured and completed; one that ends in an auction; two escrows."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from portal.demo.evidence import CASE
from portal.demo.place import Place
from portal.demo.stage import shown as typed

if TYPE_CHECKING:
    from onchain.connect import TxReceipt

DAY: Final = 86_400
HOUR: Final = 3_600
KEYS: Final = ("creditor", "debtor", "friend", "buyer")
PERSONS: Final = {
    "debtor": ("Comércio de Máquinas Aurora Ltda.", "pt-BR", "en"),
    "creditor": ("宁波海联机械有限公司", "zh-Hans"),
}
PLEDGE_UNITS: Final = 1_000 * 10**6

GOOD_PLAN: Final = "aurora-plan"
BAD_PLAN: Final = "second-plan"
TERMS: Final = ("--debtor", "debtor", "--creditor", "creditor", "--token", "test", "--grace-days", "5")
LATE: Final = ("--late-flat", "20", "--late-daily", "5", "--late-cap", "200")


def pledge_token(place: Place) -> str:
    """Deploy the token that stands for pledged goods, give the debtor some, and return its address."""
    from onchain.artifacts import load
    from onchain.contract import Contract
    from onchain.deploy import creation_code

    sender = place.world.sender("plans")
    sender.submit("demo:pledge-token", None, creation_code(load("DemoToken"), ["Warehouse receipt", "WHR", 6]))
    receipt: TxReceipt | None = sender.chain.receipt(sender.wait("demo:pledge-token", 60.0).tx_hash)
    assert receipt is not None and receipt.contract is not None
    debtor = place.world.keys.address("debtor")
    mint = "demo:pledge-token:mint"
    sender.call_contract(mint, Contract("DemoToken", receipt.contract), "mint", debtor, PLEDGE_UNITS)
    sender.wait(mint, 60.0)
    return receipt.contract


def a_plan_that_completes(place: Place, pledge: str) -> None:
    """Draft, sign, open; a reminder; payments by two; a miss, its notices and charge; cure; completion."""
    stage = place.stage
    stage.chapter("The parties settle: terms that both sign")
    due = [_due_day(place.now(), months) for months in (1, 2, 3)]
    stage.say("12,000 TEST in 3 monthly installments, 5 days of grace, late charges, 600 WHR as collateral.")
    stage.run(
        *("plan", "draft", GOOD_PLAN, *TERMS, "--total", "12000", "--installments", "3", "--first-due", due[0]),
        *LATE,
        *(
            "--charges-first",
            "--collateral",
            "600",
            "--collateral-token",
            pledge,
            "--reserve",
            "3000",
            "--utc-offset",
            "-03:00",
        ),
        *("--agreement", _agreement(place), "--jurisdiction", "BR-business"),
    )
    for party in ("debtor", "creditor"):
        stage.run("plan", "sign", GOOD_PLAN, "--key", party)
    stage.good("both have signed the same EIP-712 message; wallets show them the terms, not a hash")
    stage.say("Before the plan opens it is sealed who the two addresses are, and in which language each was asked.")
    _records(place, GOOD_PLAN)
    stage.good("two signing records are in the case's log; names and documents stay here, and can be erased")
    stage.run("plan", "open", GOOD_PLAN, "--pledge-with", "debtor")
    stage.good("the plan is open on chain; the collateral went into the contract's custody in the same transaction")
    _contacts(place, GOOD_PLAN)

    stage.chapter("Installments arrive")
    first = int(_show(place, GOOD_PLAN)["on_chain"]["next_due_at"])
    place.later(first - 6 * DAY, "a week before the first due date")
    place.keeper()
    stage.say("The first installment comes in two parts, one from a friend of the debtor.")
    _pay(place, GOOD_PLAN, "debtor", "1500")
    _pay(place, GOOD_PLAN, "friend", "2500")
    plan = _show(place, GOOD_PLAN)["on_chain"]
    stage.good(
        f"the creditor's credit is {_whole(plan['withdrawable'])} TEST and a third of the collateral is free: both"
        " follow from the payments' own transactions, nobody has to release anything"
    )
    stage.run("plan", "release", GOOD_PLAN, "--key", "debtor", show=False)
    place.keeper()

    stage.chapter("An installment is missed, and cured")
    second = int(plan["next_due_at"])
    place.later(second + HOUR, "the second due date has passed")
    place.keeper()
    place.later(second + 5 * DAY + HOUR, "grace is over")
    place.keeper()
    place.later(second + 9 * DAY, "four days later")
    plan = _show(place, GOOD_PLAN)["on_chain"]
    charge = plan["charges_assessed"] - plan["charges_paid"]
    stage.bad(
        f"the plan is in {plan['state']}: 4,000 TEST overdue, {_whole(charge)} TEST late charge by the signed formula"
    )
    _pay(place, GOOD_PLAN, "debtor", _whole(plan["owed_now"]))
    plan = _show(place, GOOD_PLAN)["on_chain"]
    stage.good(f"cured: the plan is {plan['state']} again; the charge stopped growing with the payment")
    place.keeper()

    stage.chapter("The plan completes")
    place.later(int(plan["next_due_at"]) - 2 * DAY, "before the last due date")
    _pay(place, GOOD_PLAN, "debtor", None)
    stage.run("plan", "release", GOOD_PLAN, "--key", "debtor")
    stage.run("plan", "withdraw", GOOD_PLAN, "--key", "creditor")
    plan = _show(place, GOOD_PLAN)["on_chain"]
    stage.good(
        f"{plan['state']}: everything is paid, the rest of the collateral is back, the creditor has taken the money out"
    )
    place.keeper()


def a_plan_that_defaults(place: Place, pledge: str) -> None:
    """Nobody pays: default by the clock, an auction, proceeds to the creditor, surplus to the debtor."""
    stage = place.stage
    stage.chapter("Another plan is missed until default")
    stage.run(
        *("plan", "draft", BAD_PLAN, *TERMS, "--total", "9000", "--installments", "3"),
        *("--first-due", _due_day(place.now(), 1), *LATE, "--default-missed", "2", "--default-days", "60"),
        *("--collateral", "400", "--collateral-token", pledge, "--reserve", "4500", "--auction-hours", "48"),
        show=False,
    )
    for party in ("debtor", "creditor"):
        stage.run("plan", "sign", BAD_PLAN, "--key", party, show=False)
    _records(place, BAD_PLAN, show=False)
    stage.run("plan", "open", BAD_PLAN, "--pledge-with", "debtor")
    _contacts(place, BAD_PLAN)
    due = int(_show(place, BAD_PLAN)["on_chain"]["next_due_at"])
    place.later(due + 38 * DAY, "two installments were missed")
    place.keeper()
    plan = _show(place, BAD_PLAN)["on_chain"]
    stage.bad(f"{plan['state']}: true since {_day(plan['defaulted_at'])} by the signed rule, whoever noticed it first")
    place.keeper()
    place.later(place.now() + 18 * HOUR, "the price of the collateral has been falling")
    sale = stage.run("plan", "buy", BAD_PLAN, "--key", "buyer", "--max-price", "12000")
    sold = _event(sale, "CollateralSold")
    stage.good(
        f"sold for {_round(sold['price'])} TEST: {_round(sold['paidIn'])} paid the debt with its charges,"
        f" {_round(sold['surplus'])} are the debtor's"
    )
    stage.run("plan", "surplus", BAD_PLAN, "--key", "debtor")
    stage.run("plan", "withdraw", BAD_PLAN, "--key", "creditor")
    stage.good(f"the plan is {_show(place, BAD_PLAN)['on_chain']['state']}")
    place.keeper()


def escrows(place: Place) -> None:
    """One escrow is funded and released, another is reclaimed after it expired."""
    stage = place.stage
    stage.chapter("Two escrows: one sum against one performance")
    for name, amount in (("spare-parts", "2500"), ("late-delivery", "1800")):
        now = place.now()
        stage.run(
            *("escrow", "draft", name, "--payer", "debtor", "--payee", "creditor", "--token", "test"),
            *("--amount", amount, "--fund-by", _time(now + 2 * DAY), "--expires", _time(now + 10 * DAY)),
        )
        for party in ("debtor", "creditor"):
            stage.run("escrow", "sign", name, "--key", party, show=False)
        stage.run("escrow", "open", name, show=False)
        stage.run("escrow", "fund", name, "--key", "debtor")
    stage.run("escrow", "release", "spare-parts", "--key", "debtor")
    stage.run("escrow", "withdraw", "spare-parts", "--key", "creditor", show=False)
    stage.good("the spare parts came: the payer released 2,500 TEST to the payee")
    place.later(place.now() + 10 * DAY, "nothing was delivered for the other one")
    stage.run("escrow", "reclaim", "late-delivery")
    stage.run("escrow", "withdraw", "late-delivery", "--key", "debtor", show=False)
    stage.good("expired: reclaimed for the payer; no release is possible any more, and none was needed")


def _records(place: Place, plan: str, *, show: bool = True) -> None:
    """Say who the parties are, by an extract of each one's company register, and seal it into the demo's case."""
    folder = place.folder / "signing-records"
    for party, (name, *languages) in PERSONS.items():
        extract = folder / f"register-of-the-{party}.txt"
        if not extract.exists():
            extract.parent.mkdir(exist_ok=True)
            extract.write_text(f"Extract of the company register: {name}\n", encoding="utf-8")
        shown = [word for language in languages for word in ("--language", language)]
        place.stage.run(
            *("plan", "record", plan, "--party", party, "--name", name, *shown, "--shown-at", "now"),
            *("--identity", f"company-register={typed(extract)}", "--key", party, "--case", CASE),
            *("--to", folder / f"{plan}.{party}.json"),
            show=show,
        )


def _contacts(place: Place, plan: str) -> None:
    mail, hook = place.receivers.smtp_url, place.receivers.hook_url
    for role, address in (("debtor", "joao@aurora.example"), ("creditor", "li@hailian.example")):
        locale = "zh-Hans" if role == "creditor" else "en"
        place.stage.run("plan", "contact", plan, role, f"{mail}&to={address}", "--locale", locale, show=False)
    place.stage.run("plan", "contact", plan, "creditor", hook, "--channel", "hook", show=False)


def _agreement(place: Place) -> Path:
    path = place.folder / "settlement-agreement.txt"
    path.write_text(
        "Settlement agreement / 和解协议\n\nAurora owes Hailian 12,000 TEST and pays in three monthly installments.\n",
        encoding="utf-8",
    )
    return path


def _pay(place: Place, plan: str, key: str, amount: str | None) -> None:
    sent = place.stage.run("plan", "pay", plan, "--key", key, *(("--all",) if amount is None else ("--amount", amount)))
    paid = _event(sent, "Paid")
    parts = f"{_whole(paid['principal'])} principal"
    if paid["charges"]:
        parts += f", {_whole(paid['charges'])} late charge"
    place.stage.good(f"{key} paid {_whole(paid['principal'] + paid['charges'])} TEST ({parts})")


def _show(place: Place, plan: str) -> dict[str, Any]:
    return place.stage.run("plan", "show", plan, show=False)


def _event(sent: dict[str, Any], name: str) -> dict[str, int]:
    found = next(event for event in sent["events"] if event["name"] == name)
    return {key: int(value) for key, value in found["args"].items() if str(value).isdigit()}


def _due_day(now: int, months: int) -> str:
    """The 28th, `months` after the month of `now` (Unix seconds), as YYYY-MM-DD."""
    day = datetime.fromtimestamp(now, UTC)
    month = day.month - 1 + months
    return f"{day.year + month // 12:04d}-{month % 12 + 1:02d}-28"


def _day(moment: int) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d}"


def _time(moment: int) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _whole(units: int) -> str:
    """An amount of a token with 6 decimals, without separators, as commands take it."""
    whole, part = divmod(int(units), 10**6)
    return f"{whole}.{part:06d}".rstrip("0") if part else str(whole)


def _round(units: int) -> str:
    """An amount of a token with 6 decimals for reading: two decimals, rounded down."""
    return f"{units // 10**6:,}.{units % 10**6 // 10**4:02d}"

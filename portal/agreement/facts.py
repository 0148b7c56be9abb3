"""What an agreement prints: every figure worked out by settlement's own functions, every sentence from the words."""

from __future__ import annotations

from collections.abc import Iterable

from notary.report.text import shown
from notary.report.values import (
    Block,
    Break,
    Bullets,
    Cell,
    Column,
    Heading,
    Line,
    Pairs,
    Paragraph,
    Report,
    Said,
    Signature,
    Table,
    cell,
)
from portal.agreement.figures import Figures
from portal.agreement.values import Agreement
from portal.agreement.words import Sayer
from settlement.eip712 import Struct, fields_of, hash_struct
from settlement.schedule import cumulative, due_at
from settlement.terms import Allocation, Calendar, Terms

Row = tuple[Said, Cell]


def build(given: Agreement) -> Report:
    """Everything that the agreement prints, in its order."""
    sayer = Sayer(given.languages)
    figures = Figures(given, sayer)
    parts = (
        ("parties", _parties),
        ("debt", _debt),
        ("schedule", _schedule),
        ("late", _late),
        ("payments", _payments),
        ("default", _default),
        ("collateral", _collateral),
        ("rights", _rights),
        ("contract", _contract),
        ("public", _public),
        ("opening", _opening),
        ("binding", _binding),
        ("terms", _terms),
    )
    blocks = _lead(given, sayer, figures)
    for number, (key, part) in enumerate(parts, 1):
        blocks.append(Heading(2, _numbered(number, sayer.say(key))))
        blocks += part(given, sayer, figures)
    blocks += _signatures(given, sayer)
    return Report(
        languages=given.languages,
        title=sayer.say("title"),
        made_at=given.drawn_at,
        footer=sayer.say("footer", hash="0x" + hash_struct(given.terms).hex()),
        page=sayer.say("page", page="{page}", pages="{pages}"),
        blocks=tuple(blocks),
    )


def _numbered(number: int, said: Said) -> Said:
    texts = (said,) if isinstance(said, str) else said
    return tuple(f"{number}. {text}" if place == 0 else text for place, text in enumerate(texts))


def _lead(given: Agreement, sayer: Sayer, figures: Figures) -> list[Block]:
    names = [sayer.language(language) for language in given.languages]
    if len(names) == 2:
        chosen = sayer.language(given.prevails)
        prevails = sayer.say("prevails-two", first=names[0], second=names[1], language=chosen)
    else:
        prevails = sayer.say("prevails-one", language=names[0])
    blocks: list[Block] = [
        Paragraph(sayer.say("lead")),
        Paragraph(prevails, "warning"),
        Paragraph(sayer.say("figures"), "small"),
    ]
    if figures.zone:
        blocks.append(Paragraph(sayer.say("figures-clock", zone=figures.zone), "small"))
    blocks.append(Pairs(((sayer.say("drawn"), cell(figures.utc(given.drawn_at))),)))
    return blocks


def _parties(given: Agreement, sayer: Sayer, _figures: Figures) -> list[Block]:
    rows: list[Row] = []
    for role, name, address in (
        ("debtor", given.debtor_name, given.terms.debtor),
        ("creditor", given.creditor_name, given.terms.creditor),
    ):
        stated: Said = shown(name) if name else sayer.say("not-stated")
        rows.append((sayer.say(role), (Line(stated, "strong"), Line(address, "code"))))
    return [Pairs(tuple(rows)), Paragraph(sayer.say("parties-who"))]


def _debt(given: Agreement, sayer: Sayer, figures: Figures) -> list[Block]:
    terms = given.terms
    token = sayer.say("token-text", symbol=shown(given.symbol), decimals=given.decimals)
    if terms.calendar is Calendar.MONTHS:
        months = sayer.count("month", terms.interval)
        interval: Cell = (Line(months), Line(sayer.say("interval-day", day=terms.anchor_day)))
    else:
        interval = cell(sayer.duration(terms.interval))
    total = (Line(figures.money(terms.total), "strong"), Line(figures.in_units(terms.total), "small"))
    rows: tuple[Row, ...] = (
        (sayer.say("total"), total),
        (sayer.say("token"), (Line(token), Line(terms.token, "code"))),
        (sayer.say("installments"), cell(str(terms.installments))),
        (sayer.say("interval"), interval),
        (sayer.say("most"), cell(figures.money(figures.most))),
    )
    return [Pairs(rows), Paragraph(sayer.say("interest")), Paragraph(sayer.say("counted"))]


def _schedule(given: Agreement, sayer: Sayer, figures: Figures) -> list[Block]:
    terms = given.terms
    columns = [Column(sayer.say("number"), 5), Column(sayer.say("due"), 27), Column(sayer.say("grace-until"), 27)]
    columns += [Column(sayer.say("amount"), 22), Column(sayer.say("sum"), 22)]
    rows = tuple(
        (
            cell(str(k)),
            figures.moment(due_at(terms, k)),
            figures.moment(due_at(terms, k) + terms.grace_seconds),
            cell(figures.money(cumulative(terms, k) - cumulative(terms, k - 1)), "strong"),
            cell(figures.money(cumulative(terms, k))),
        )
        for k in range(1, terms.installments + 1)
    )
    return [
        Paragraph(sayer.say("schedule-lead")),
        Paragraph(sayer.say("schedule-equal")),
        Pairs(((sayer.say("grace"), cell(sayer.duration(terms.grace_seconds))),)),
        Table(tuple(columns), rows),
    ]


def _late(given: Agreement, sayer: Sayer, figures: Figures) -> list[Block]:
    terms = given.terms
    if not terms.late_cap:  # the flat charge is at most the cap, so there is none of either kind
        return [Paragraph(sayer.say("late-none"))]
    amounts = {name: figures.money(getattr(terms, f"late_{name}")) for name in ("flat", "daily", "cap")}
    rows = tuple((sayer.say(f"late-{name}"), cell(amount)) for name, amount in amounts.items())
    columns = (
        Column(sayer.say("moment"), 40),
        Column(sayer.say("whole-days"), 20),
        Column(sayer.say("late-charge"), 30),
    )
    example = tuple(
        (figures.moment(at), cell(str(days)), cell(figures.money(charge), "strong"))
        for at, days, charge in figures.late_example()
    )
    return [
        Pairs(rows),
        Paragraph(sayer.say("late-formula", **amounts)),
        Paragraph(sayer.say("late-example", due=figures.utc(due_at(terms, 1)))),
        Table(columns, example),
    ]


def _payments(given: Agreement, sayer: Sayer, figures: Figures) -> list[Block]:
    terms = given.terms
    first = "principal-first" if terms.allocation is Allocation.PRINCIPAL_FIRST else "charges-first"
    blocks: list[Block] = [Bullets(tuple(map(sayer.say, ("payments-anybody", first, "rebate"))))]
    if terms.late_cap:
        paid = figures.payment_example()
        rows = (
            (sayer.say("to-installments"), cell(figures.money(paid.principal))),
            (sayer.say("to-charges"), cell(figures.money(paid.charges))),
            (sayer.say("left"), cell(figures.money(paid.left))),
        )
        lead = sayer.say("payment-example", at=figures.utc(paid.at), amount=figures.money(paid.amount))
        blocks += [Paragraph(lead), Pairs(rows)]
    return blocks


def _default(given: Agreement, sayer: Sayer, figures: Figures) -> list[Block]:
    terms, off = given.terms, sayer.say("off")
    since = figures.default_at
    rows: tuple[Row, ...] = (
        (sayer.say("default-count"), cell(str(terms.default_missed) if terms.default_missed else off)),
        (sayer.say("default-time"), cell(sayer.duration(terms.default_seconds) if terms.default_seconds else off)),
        (
            sayer.say("default-example"),
            cell(sayer.say("default-never")) if since is None else figures.moment(since),
        ),
    )
    effect = "default-collateral" if terms.has_collateral else "default-none"
    return [Pairs(rows), Bullets(tuple(map(sayer.say, ("cure", "acceleration", effect))))]


def _collateral(given: Agreement, sayer: Sayer, figures: Figures) -> list[Block]:
    pledge = given.collateral
    if pledge is None:
        return [Paragraph(sayer.say("collateral-none"))]
    terms = pledge.terms
    token = sayer.say("token-text", symbol=shown(pledge.symbol), decimals=pledge.decimals)
    amount = (
        Line(figures.pledged(terms.amount), "strong"),
        Line(sayer.say("units", amount=figures.pledged(terms.amount), units=terms.amount), "small"),
    )
    rows: tuple[Row, ...] = (
        (sayer.say("collateral"), amount),
        (sayer.say("collateral-token"), (Line(token), Line(terms.token, "code"))),
        (sayer.say("start"), cell(figures.percent(terms.start_bps))),
        (sayer.say("reserve"), cell(figures.money(terms.reserve))),
        (sayer.say("auction"), cell(sayer.duration(terms.auction_seconds))),
        (sayer.say("release-example"), cell(figures.pledged(figures.first_release()))),
    )
    sale = figures.sale_example()
    example: tuple[Row, ...] = (
        (sayer.say("sale-debt"), cell(figures.money(sale.debt))),
        (sayer.say("sale-start"), cell(figures.money(sale.start))),
        (sayer.say("sale-least"), cell(figures.money(sale.least))),
    )
    return [
        Pairs(rows),
        Bullets(tuple(map(sayer.say, ("collateral-lead", "release", "sale", "surplus")))),
        Paragraph(sayer.say("sale-example", at=figures.utc(sale.at))),
        Pairs(example),
    ]


def _rights(given: Agreement, sayer: Sayer, _figures: Figures) -> list[Block]:
    acts = [("open", "anybody"), ("pay", "anybody"), ("poke", "anybody"), ("withdraw", "creditor-only")]
    if given.terms.has_collateral:
        acts += [("release", "debtor-only"), ("auction", "anybody"), ("surplus", "debtor-only")]
    columns = (Column(sayer.say("act"), 60), Column(sayer.say("who"), 40))
    rows = tuple((cell(sayer.say(f"act-{act}")), cell(sayer.say(who))) for act, who in acts)
    return [Table(columns, rows), Paragraph(sayer.say("rights-keys"))]


def _contract(given: Agreement, sayer: Sayer, _figures: Figures) -> list[Block]:
    name = shown(given.chain_name)
    chain = sayer.say("chain-text", name=name, id=given.chain_id) if name else sayer.say("chain-id", id=given.chain_id)
    rows: list[Row] = [
        (sayer.say("chain"), cell(chain)),
        (sayer.say("book"), cell(given.book, "code")),
    ]
    if given.terms.has_collateral:
        rows.append((sayer.say("module"), cell(given.terms.collateral, "code")))
    rows.append((sayer.say("arbitrator"), cell(sayer.say("arbitrator-none"))))
    return [
        Pairs(tuple(rows)),
        Paragraph(sayer.say("contract-text")),
        Paragraph(sayer.say("arbitrator-text")),
    ]


def _public(_given: Agreement, sayer: Sayer, _figures: Figures) -> list[Block]:
    return [Paragraph(sayer.say("public-is"), "strong"), Paragraph(sayer.say("public-not"))]


def _opening(given: Agreement, sayer: Sayer, figures: Figures) -> list[Block]:
    row: Row = (sayer.say("sign-by"), figures.moment(given.terms.sign_by))
    return [Pairs((row,)), Paragraph(sayer.say("opening-text"))]


def _binding(given: Agreement, sayer: Sayer, _figures: Figures) -> list[Block]:
    place = given.jurisdiction
    tag = sayer.say("jurisdiction-closed") if place is None else shown(place.tag)
    row: Row = (sayer.say("jurisdiction"), (Line(tag), Line("0x" + given.terms.jurisdiction.hex(), "code")))
    return [Paragraph(sayer.say("binding-text")), Pairs((row,))]


def _terms(given: Agreement, sayer: Sayer, _figures: Figures) -> list[Block]:
    columns = (Column(sayer.say("field"), 30), Column(sayer.say("value"), 70))
    rows = list(_fields(given.terms, sayer))
    blocks: list[Block] = [Paragraph(sayer.say("terms-lead")), Table(columns, tuple(rows))]
    if given.collateral is not None:
        blocks.append(Table(columns, tuple(_fields(given.collateral.terms, sayer))))
    signed_for = (Line(f"Tallystick RepaymentBook, 1, chainId {given.chain_id}"), Line(given.book, "code"))
    blocks.append(Pairs(((sayer.say("domain"), signed_for),)))
    return blocks


def _fields(struct: Struct, sayer: Sayer) -> Iterable[tuple[Cell, Cell]]:
    for field in fields_of(type(struct)):
        value = getattr(struct, field.name)
        if isinstance(struct, Terms) and field.name == "agreement":
            yield cell(f"{struct.NAME}.{field.label}", "code"), cell(sayer.say("blank"))
            continue
        said = f"{int(value)} ({value.name})" if field.enum is not None else str(field.wallet(value))
        yield cell(f"{struct.NAME}.{field.label}", "code"), cell(said, "code")


def _signatures(given: Agreement, sayer: Sayer) -> list[Block]:
    lines = tuple(map(sayer.say, ("sign-name", "sign-place", "sign-hand")))
    return [
        Break(),  # a heading alone at the foot of a page, and nobody knows what is signed
        Heading(2, sayer.say("signatures")),
        Paragraph(sayer.say("signatures-lead")),
        Signature(_signer(sayer.say("debtor"), given.terms.debtor), lines),
        Signature(_signer(sayer.say("creditor"), given.terms.creditor), lines),
    ]


def _signer(role: Said, address: str) -> Said:
    texts = (role,) if isinstance(role, str) else role
    return tuple(f"{text} {address}" if place == len(texts) - 1 else text for place, text in enumerate(texts))

"""Annexes: what single forums ask for, with forms whose known fields are filled in and whose others are blank.

An annex is data: what is said, in which order, and which facts stand in its forms. The sentences are in
words/annexes_*.py, under the forum's name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from notary.report.annexes.filled import Filler
from notary.report.inputs import ReportInput
from notary.report.judged import Judged
from notary.report.values import BLANK, Block, Break, Bullets, Cell, Heading, Pairs, Paragraph, Signature
from notary.report.words import Sayer


@dataclass(frozen=True, slots=True)
class Say:
    """Paragraphs."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Points:
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Title:
    key: str


@dataclass(frozen=True, slots=True)
class Form:
    """Fields: (what is asked, which fact answers it; "" leaves it blank for a person)."""

    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Sign:
    key: str


@dataclass(frozen=True, slots=True)
class Page:
    """What follows is signed apart, so it has a page of its own."""


Item: TypeAlias = Say | Points | Title | Form | Sign | Page

ANNEXES: Final[Mapping[str, tuple[Item, ...]]] = {
    "cn": (
        Title("art16"),
        Say(("art16.text",)),
        Form((("matched", "compared"), ("upload", "entered"), ("chain", "blocks"), ("hash", "digests"))),
        Title("art17"),
        Say(("art17.text",)),
        Form(
            (
                ("platform", "platform"),
                ("rules", ""),
                ("interest", ""),
                ("system", "program"),
                ("system.test", ""),
                ("process", "process"),
            )
        ),
        Title("art18"),
        Say(("art18.text",)),
        Form(
            (
                ("source", "collected"),
                ("generation", ""),
                ("storage", ""),
                ("notary", ""),
                ("witness", ""),
                ("related", ""),
            )
        ),
        Title("art19"),
        Say(("art19.text",)),
        Form((("expert", ""), ("appraisal", ""))),
        Points(("foreign", "data")),
    ),
    "eu": (
        Say(("law",)),
        Points(("art41.1", "art41.2", "art42", "ledger")),
        Form((("stamps", "authorities"), ("blocks", "blocks"), ("time", "times"), ("list", ""))),
    ),
    "us": (
        Title("902"),
        Say(("902.law",)),
        Form(
            (
                ("declarant", ""),
                ("qualification", ""),
                ("files", "files"),
                ("process", "process"),
                ("program", "program"),
                ("compared", "compared"),
                ("hashes", "digests"),
                ("notice", ""),
            )
        ),
        Points(("902.13", "902.14", "902.limits")),
        Title("vt"),
        Say(("vt.law",)),
        Form((("vt.entered", "entered"), ("vt.received", "retrieved"), ("vt.kept", ""), ("vt.made", ""))),
        Say(("vt.limits",)),
        Page(),
        Title("1746"),
        Say(("1746.inside", "1746.outside")),
        Sign("declarant.sign"),
    ),
    "in": (
        Say(("law",)),
        Title("a"),
        Form(
            (
                ("person", ""),
                ("address", ""),
                ("record", "files"),
                ("device", ""),
                ("make", ""),
                ("serial", ""),
                ("id", ""),
                ("control", ""),
                ("working", ""),
                ("relation", ""),
                ("hash", "digests"),
                ("algorithm", "sha256"),
                ("report", "enclosed"),
            )
        ),
        Say(("a.text",)),
        Sign("a.sign"),
        Page(),
        Title("b"),
        Form(
            (
                ("expert", ""),
                ("expert.qualification", ""),
                ("record", "files"),
                ("device", ""),
                ("hash", "digests"),
                ("algorithm", "sha256"),
                ("report", "enclosed"),
            )
        ),
        Say(("b.text",)),
        Sign("b.sign"),
    ),
    "hk": (Points(("eto", "civil", "criminal", "authentic")), Form((("witness", ""), ("system", "program")))),
    "sg": (Points(("eta", "presumption", "output", "authentic")), Form((("witness", ""), ("system", "program")))),
    "arbitration": (
        Points(("weight", "form", "award", "service", "agree")),
        Form((("tribunal", ""), ("case", "case"), ("files", "files"), ("admitted", ""))),
    ),
}


def annexes(given: ReportInput, sides: tuple[Judged, ...], sayer: Sayer) -> list[Block]:
    """The annexes that were asked for, each on a page of its own, with its source and that it is no advice."""
    filler = Filler(given, sides, sayer)
    blocks: list[Block] = []
    for forum in given.forums:
        blocks += [Break(), Heading(1, sayer.say(f"{forum}.title"))]
        blocks.append(Paragraph(sayer.say(f"{forum}.source"), "small"))
        blocks.append(Paragraph(sayer.say("annex.no-advice"), "strong"))
        blocks += [_block(forum, item, filler.facts, sayer) for item in ANNEXES[forum]]
    return blocks


def _block(forum: str, item: Item, facts: Mapping[str, Callable[[], Cell]], sayer: Sayer) -> Block:
    match item:
        case Page():
            return Break()
        case Title(key):
            return Heading(2, sayer.say(f"{forum}.{key}"))
        case Points(keys):
            return Bullets(tuple(sayer.say(f"{forum}.{key}") for key in keys))
        case Say(keys):
            return (
                Bullets(tuple(sayer.say(f"{forum}.{key}") for key in keys))
                if len(keys) > 1
                else Paragraph(sayer.say(f"{forum}.{keys[0]}"))
            )
        case Sign(key):
            lines = tuple(sayer.say(name) for name in ("sign.name", "annex.date-time", "annex.place", "sign.signature"))
            return Signature(sayer.say(f"{forum}.{key}"), lines)
        case Form(fields):
            return Pairs(
                tuple((sayer.say(f"{forum}.f.{asked}"), facts[fact]() if fact else BLANK) for asked, fact in fields)
            )

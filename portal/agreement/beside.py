"""The plan that lies beside an agreement: its own file, or its dossier, which holds that file's text."""

from __future__ import annotations

from notary.errors import FormatInvalid
from notary.reading import Reader
from portal.dossier.file import FORMAT as DOSSIER
from portal.dossier.file import MAX_BYTES
from portal.errors import PaperInvalid
from portal.papers import MAX_BYTES as MAX_PAPER_BYTES
from portal.papers import Paper

__all__ = ["MAX_BYTES", "plan_of"]


def plan_of(data: bytes, where: str) -> Paper:
    """The plan of a file; its openings are not held against its terms yet.

    data   at most MAX_BYTES
    where  stands in messages

    Raises PaperInvalid, and what settlement says of its terms.
    """
    try:
        top = Reader.open(data, MAX_BYTES, "plan", FormatInvalid)
        if top.get("format") == DOSSIER:
            data = top.text("paper", MAX_PAPER_BYTES).encode(errors="replace")
        elif len(data) > MAX_PAPER_BYTES:
            raise top.refuse("format", f"is not {DOSSIER}, and a plan has at most {MAX_PAPER_BYTES} bytes")
    except FormatInvalid as exc:
        raise PaperInvalid(where, str(exc)) from exc
    paper = Paper.unchecked(data, where)
    if not paper.is_plan:
        raise PaperInvalid(where, "is an escrow; agreements are of plans")
    return paper

"""What a completion paper is made of, as it carries it.

    dossier.json     the dossier (portal/dossier/file.py), the very bytes
    completion.json  {"format": "tallystick/completion", "version": 1, "languages": ["en", ...],
                      "unshown": [code points that the maker's fonts lack], "edition": hex}

Nothing else decides what is printed, so the same dossier and languages give the same paper.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from notary import jcs
from notary.errors import FormatInvalid
from notary.reading import Reader
from notary.verdicts.trust import Trust
from notary.verdicts.verdict import Status
from portal.agreement.values import LANGUAGES as LANGUAGES
from portal.dossier.check import check_dossier
from portal.dossier.file import MAX_BYTES as MAX_DOSSIER
from portal.dossier.file import Dossier
from portal.dossier.verdict import PlanVerdict
from portal.errors import DossierInvalid, PlanNotCompleted
from settlement.plan import State

FORMAT: Final = "tallystick/completion"
VERSION: Final = 1
DOSSIER: Final = "dossier.json"
STATED: Final = "completion.json"
MAX_STATED: Final = 1024 * 1024
MAX_BYTES: Final = MAX_DOSSIER + MAX_STATED  # of both files
MAX_UNSHOWN: Final = 10_000
MAX_CODE_POINT: Final = 0x10FFFF
MAX_LANGUAGES: Final = 3  # side by side on a page


@dataclass(frozen=True, slots=True)
class Completion:
    """A plan that is paid.

    data       the dossier's bytes
    verdict    what they show to somebody who knows no block: that is what the paper says "if the blocks are real" of
    languages  1 to MAX_LANGUAGES of LANGUAGES (those of agreements), each once
    unshown    code points that are written out
    edition    of the sources that made the paper, hex; empty: not made yet
    """

    data: bytes
    dossier: Dossier
    verdict: PlanVerdict
    languages: tuple[str, ...]
    unshown: frozenset[int] = frozenset()
    edition: str = ""

    @classmethod
    def of(cls, data: bytes, languages: tuple[str, ...], where: str = DOSSIER) -> Completion:
        """The paper that a dossier's bytes give.

        Raises DossierInvalid, PlanNotCompleted, SettlementError, PaperInvalid.
        """
        dossier = Dossier.from_bytes(data, where)
        verdict = check_dossier(dossier, Trust())
        if verdict.status is Status.FAILED:
            raise DossierInvalid(where, f"it does not hold ({verdict.reason})")
        if verdict.view is None or verdict.view.state is not State.COMPLETED:
            owed = None if verdict.view is None else verdict.view.owed_total
            raise PlanNotCompleted(verdict.name, owed, verdict.as_of and verdict.as_of[0])
        return cls(data, dossier, verdict, languages)

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> Completion:
        """Of what a PDF carries.  Raises FormatInvalid, and what `of` raises."""
        if set(files) != {DOSSIER, STATED}:
            raise FormatInvalid(f"a completion paper carries {DOSSIER} and {STATED}, not {len(files)} other files")
        top = Reader.open(files[STATED], MAX_STATED, STATED, FormatInvalid)
        top.only("format", "version", "languages", "unshown", "edition")
        if top.get("format") != FORMAT or top.integer("version") != VERSION:
            raise top.refuse("format", f"is not {FORMAT}, version {VERSION}")
        languages = tuple(str(one) for one in top.items("languages", MAX_LANGUAGES))
        if not languages or len(set(languages)) != len(languages) or not set(languages) <= set(LANGUAGES):
            raise top.refuse("languages", f"are not some of {', '.join(LANGUAGES)}, each once")
        unshown = top.items("unshown", MAX_UNSHOWN)
        points = frozenset(one for one in unshown if type(one) is int and 0 < one <= MAX_CODE_POINT)
        if len(points) != len(unshown):
            raise top.refuse("unshown", "are not code points, each once")
        made = cls.of(files[DOSSIER], languages)
        return cls(made.data, made.dossier, made.verdict, languages, points, top.text("edition", 64))

    def files(self) -> dict[str, bytes]:
        """What the PDF carries."""
        stated: dict[str, jcs.Json] = {
            "format": FORMAT,
            "version": VERSION,
            "languages": list(self.languages),
            "unshown": list[jcs.Json](sorted(self.unshown)),
            "edition": self.edition,
        }
        return {DOSSIER: self.data, STATED: jcs.dumps(stated) + b"\n"}

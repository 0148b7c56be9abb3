"""What a verification found: numbered checks with reason codes, and a time interval.

The reason codes are stable: programs may rely on them. The sentences beside them are for people, in several languages,
and may change (notary/verdicts/reasons). The JSON is described by docs/formats/verdict.schema.json.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from notary.jcs import Json
from notary.sealing.claim import Value
from notary.times import utc as utc
from notary.verdicts.reasons import LOCALES as LOCALES
from notary.verdicts.reasons import Reason as Reason
from notary.verdicts.reasons import Said as Said
from notary.verdicts.reasons import Status as Status
from notary.verdicts.reasons import Text as Text
from notary.verdicts.reasons import Words, said, words
from notary.verdicts.reasons.en import WORDS as ENGLISH

TITLES = ENGLISH.titles
"""What each check looks at; check n is TITLES[n - 1]."""
MEANINGS = ENGLISH.meanings
NOT_PROVEN = ENGLISH.not_proven

AnchorKind: TypeAlias = Literal["evm", "rfc3161", "ots"]
State: TypeAlias = Literal["current", "superseded", "revoked", "erased"]
TIME_CHECK = 9
_SOURCES: Mapping[AnchorKind, Text] = {
    "evm": Text.SOURCE_EVM,
    "rfc3161": Text.SOURCE_RFC3161,
    "ots": Text.SOURCE_OTS,
}


@dataclass(frozen=True, slots=True)
class Check:
    """One numbered check.

    number  1 to 12
    reason  always set unless PASSED; on PASSED only where it qualifies the pass (dev-chain, superseded)
    said    one sentence with the numbers that made it so; `detail` is that sentence in English
    """

    number: int
    status: Status
    said: Said
    reason: Reason | None = None

    @property
    def detail(self) -> str:
        return ENGLISH.tell(self.said)

    @property
    def title(self) -> str:
        return TITLES[self.number - 1]

    def to_json(self, language: Words = ENGLISH) -> dict[str, Json]:
        return {
            "number": self.number,
            "title": language.titles[self.number - 1],
            "status": self.status.value,
            "reason": self.reason.value if self.reason else None,
            "detail": language.tell(self.said),
        }


@dataclass(frozen=True, slots=True)
class AnchorResult:
    """What was found about one anchor: of an EVM chain, of a time-stamp authority, or of Bitcoin (OpenTimestamps).

    facts                what the anchor itself says, as it stands in the JSON; its members depend on the kind. An EVM
                         anchor's transaction hash is not among them: no proof covers it
    timestamp            of the block or token, Unix seconds; None where the proof does not hold
    proof, trust         results of checks 7 and 8 for this anchor alone
    pinned               the verifier names this very contract or authority
    uncertainty_seconds  how far its time may be from the true one
    qualified            the verifier's side says that the authority is a qualified one (eIDAS)
    """

    kind: AnchorKind
    facts: Mapping[str, Json]
    timestamp: int | None
    proof: Check
    trust: Check
    pinned: bool
    uncertainty_seconds: int
    qualified: bool = False

    @property
    def source(self) -> Said:
        """What dates it: a block, an authority."""
        return Said(_SOURCES[self.kind], self.facts)

    def to_json(self, language: Words = ENGLISH) -> dict[str, Json]:
        return {
            "type": self.kind,
            **self.facts,
            "timestamp": self.timestamp,
            "proof": self.proof.to_json(language),
            "trust": self.trust.to_json(language),
            "pinned": self.pinned,
            "qualified": self.qualified,
            "uncertainty_seconds": self.uncertainty_seconds,
        }


@dataclass(frozen=True, slots=True)
class Interval:
    """When the claim came to be. Unix seconds, UTC; None is unbounded.

    not_before           time of a block that the claim names; the claim is younger
    not_after            time of the confirmed anchor that bounds it best; the claim is older
    uncertainty_seconds  how far that anchor's own time may be from the true one
    sources              every confirmed anchor, the one that bounds it best first
    not_before_uncertainty_seconds  how far the named block's own time may be from the true one
    """

    not_before: int | None
    not_after: int | None
    uncertainty_seconds: int
    sources: tuple[AnchorResult, ...] = ()
    not_before_uncertainty_seconds: int = 0

    @property
    def said(self) -> Said:
        """One sentence; only where `not_after` is known, so there is a source."""
        assert self.not_after is not None and self.sources
        values: dict[str, object] = {"end": utc(self.not_after), "seconds": self.uncertainty_seconds}
        values["source"] = self.sources[0].source
        if self.not_before is None:
            return Said(Text.MADE_BEFORE, values)
        begin = {"begin": utc(self.not_before), "begin_seconds": self.not_before_uncertainty_seconds}
        return Said(Text.MADE_BETWEEN, {**values, **begin})

    def say(self, language: Words = ENGLISH) -> str:
        """That sentence in a language."""
        return language.tell(self.said)

    @property
    def others(self) -> list[Said]:
        """One sentence for each further source."""
        return [
            said(Text.ALSO_BEFORE, end=utc(one.timestamp), seconds=one.uncertainty_seconds, source=one.source)
            for one in self.sources[1:]
            if one.timestamp is not None
        ]

    def to_json(self, language: Words = ENGLISH) -> dict[str, Json]:
        return {
            "not_before": self.not_before,
            "not_before_uncertainty_seconds": self.not_before_uncertainty_seconds,
            "not_after": self.not_after,
            "uncertainty_seconds": self.uncertainty_seconds,
            "sources": [
                {
                    "type": anchor.kind,
                    "name": printable(language.tell(anchor.source)),
                    "not_after": anchor.timestamp,
                    "uncertainty_seconds": anchor.uncertainty_seconds,
                    "qualified": anchor.qualified,
                }
                for anchor in self.sources
            ],
        }


@dataclass(frozen=True, slots=True)
class Standing:
    """How the claim stands as of the newest head that the receipt carries. Of anything after it, nothing is known.

    state           None where no proof shows it
    log_size        entries of the log under that head
    head_not_after  Unix seconds: that head is not younger, by an anchor that is confirmed; None where none is
    custody_entry   number of the custody entry that ended the claim, None while it is current
    """

    state: State | None
    log_size: int
    head_not_after: int | None = None
    custody_entry: int | None = None

    def to_json(self) -> dict[str, Json]:
        return {
            "state": self.state,
            "log_size": self.log_size,
            "head_not_after": self.head_not_after,
            "custody_entry": self.custody_entry,
        }


@dataclass(frozen=True, slots=True)
class SignerResult:
    """Who signed for the custody entries.

    kind         as in the signature: "ed25519", "x509", ...
    identity     an address, a key, a certificate's subject, as far as it is known; else empty
    fingerprint  32 bytes, or empty
    check        PASSED: this key signed (and, of a certificate, a root of the verifier's stands behind it)
    """

    kind: str
    identity: str
    fingerprint: bytes
    check: Check

    def to_json(self, language: Words = ENGLISH) -> dict[str, Json]:
        return {
            "type": self.kind,
            "identity": self.identity,
            "fingerprint": self.fingerprint.hex() or None,
            "status": self.check.status.value,
            "reason": self.check.reason.value if self.check.reason else None,
            "detail": language.tell(self.check.said),
        }


@dataclass(frozen=True, slots=True)
class Note:
    """Something to know that decides nothing: a template of notary/verdicts/reasons, and its values."""

    reason: Reason | None
    said: Text
    values: Mapping[str, str | int] = field(default_factory=dict)

    def say(self, language: Words = ENGLISH) -> str:
        return printable(language.say(self.said, self.values))

    def to_json(self, language: Words = ENGLISH) -> dict[str, Json]:
        return {"reason": self.reason.value if self.reason else None, "text": self.say(language)}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a verification.

    status    FAILED if a check failed; PASSED if every check did that must (see verify.NEUTRAL); else INDETERMINATE
    reason    of the first check that decided it; on PASSED a qualification such as dev-chain or superseded
    checks    all twelve, in order
    fields    what the claim shows; they count only as far as checks 3 and 4 passed
    anchors   one result per anchor of a known kind; `later_anchors` those of the newer head, if there is one
    standing  how the claim stands; None where nothing was reached
    signers   one result per custody signature
    """

    status: Status
    reason: Reason | None
    checks: tuple[Check, ...]
    interval: Interval
    fields: Mapping[str, Value]
    anchors: tuple[AnchorResult, ...] = ()
    notes: tuple[Note, ...] = ()
    standing: Standing | None = None
    signers: tuple[SignerResult, ...] = ()
    later_anchors: tuple[AnchorResult, ...] = ()

    def check(self, number: int) -> Check:
        return self.checks[number - 1]

    def explain(self, locale: str = "en") -> list[str]:
        """Plain-language lines: the result, what was sealed, each check, the time, the notes, what is not proven.

        locale  one of LOCALES

        Raises ValueError for another locale.
        """
        language = words(locale)
        lines = [f"{language.statuses[self.status]}{language.code(self.reason)}"]
        if self.reason:
            lines.append(language.meanings[self.reason])
        if self.fields:
            lines.append(self._sealed_as(language))
        for check in self.checks:
            detail = printable(language.tell(check.said))
            title, status = language.titles[check.number - 1], language.statuses[check.status]
            values = {"number": check.number, "title": title, "status": status + language.code(check.reason)}
            lines.append(language.say(Text.CHECK, {**values, "detail": detail}))
            meaning = language.meanings[check.reason] if check.reason else detail
            if meaning != detail and check.reason not in (self.reason, Reason.NOT_REACHED):
                lines.append(f"   {meaning}")
            if check.number == TIME_CHECK and check.status is Status.PASSED:
                lines += [f"   {printable(language.tell(one))}" for one in self.interval.others]
        lines += [language.say(Text.NOTE, {"text": note.say(language)}) for note in self.notes]
        return [*lines, language.not_proven]

    def proves(self, *numbers: int) -> bool:
        """Whether each of these checks is there and passed."""
        return set(numbers) <= {check.number for check in self.checks if check.status is Status.PASSED}

    def _sealed_as(self, language: Words) -> str:
        """Under which name, exhibit and case: a receipt for a file of another name is a valid one too."""
        shown = {name: printable(str(self.fields[name])) for name in ("name", "exhibit", "case") if name in self.fields}
        parts = [shown["name"] if "name" in shown else language.say(Text.NAME_HIDDEN, {})]
        if "exhibit" in shown:
            parts.append(language.say(Text.EXHIBIT, {"exhibit": shown["exhibit"]}))
        case = shown["case"] if "case" in shown else language.say(Text.CASE_HIDDEN, {})
        parts.append(language.say(Text.CASE, {"case": case}))
        said = Text.SEALED_AS if self.proves(3, 4) else Text.SEALED_AS_UNPROVEN
        return language.say(said, {"what": language.comma.join(parts)})

    def to_json(self, locale: str = "en") -> dict[str, Json]:
        """As docs/formats/verdict.schema.json says.

        locale  of the sentences, one of LOCALES; codes are the same in all of them

        Raises ValueError for another locale.
        """
        language = words(locale)
        return {
            "status": self.status.value,
            "reason": self.reason.value if self.reason else None,
            "checks": [check.to_json(language) for check in self.checks],
            "interval": self.interval.to_json(language),
            "fields": dict(self.fields),
            "anchors": [anchor.to_json(language) for anchor in self.anchors],
            "later_anchors": [anchor.to_json(language) for anchor in self.later_anchors],
            "standing": self.standing.to_json() if self.standing else None,
            "signers": [signer.to_json(language) for signer in self.signers],
            "notes": [note.to_json(language) for note in self.notes],
        }


def printable(text: str) -> str:
    """`text` with control characters and such written out, so that a file's name cannot rewrite a terminal."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)

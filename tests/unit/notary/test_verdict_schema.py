"""The published schema against real verdicts, and against the code's own lists."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from support.schema import faults
from support.sealed import document_of, later, seal
from support.stamped import full, ots_anchor, pending_anchor

from notary.custody.chain import Action
from notary.custody.signatures import Erc1271Signature, UnknownSignature
from notary.proofs.receipt import Receipt, UnknownAnchor
from notary.verdicts.reasons import LOCALES, Said, words
from notary.verdicts.verdict import Reason, Status, Verdict
from notary.verdicts.verify import LAST_CHECK, Verifier, verify, verify_bytes
from portal.api.models import (
    CheckModel,
    EvmAnchorModel,
    IntervalModel,
    NoteModel,
    OtsAnchorModel,
    SignerModel,
    SourceModel,
    StandingModel,
    TimestampAnchorModel,
    VerdictModel,
)

SCHEMA = json.loads((Path(__file__).parents[3] / "docs/formats/verdict.schema.json").read_bytes())
DEFS = SCHEMA["$defs"]
FULL = full()
DIGESTS = document_of(FULL.document)
HAN = re.compile(r"[\u4e00-\u9fff]")
ENGLISH = re.compile(r"[A-Za-z]{2,}(?:[ ,;:']+[A-Za-z]{2,}){2,}")  # three words in a row; names have two
WHOLE = verify(FULL.receipt, DIGESTS, FULL.trust)


def found(value: Any) -> list[str]:
    return faults(json.loads(json.dumps(value)), SCHEMA)


def verdicts() -> dict[str, Verdict]:
    """Verdicts of every shape."""
    receipt, note = FULL.receipt, FULL.receipt.note
    assert receipt.custody is not None
    batch = receipt.custody.batch
    open_signatures = (Erc1271Signature(1, b"\x31" * 20, b"\x32"), UnknownSignature(b'{"type":"wax"}'))
    unsigned = replace(receipt.custody, batch=replace(batch, signatures=open_signatures))
    pending = replace(receipt, anchors=(pending_anchor(note), UnknownAnchor(b'{"type":"stone"}')), later=None)
    return {
        "whole": WHOLE,
        "no trust": verify(receipt),
        "changed document": verify(receipt, document_of(b"other"), FULL.trust),
        "no receipt": verify_bytes(b"{}"),
        "newer receipt": verify_bytes(b'{"format":"tallystick/receipt","version":2}'),
        "pending": verify(pending, DIGESTS),
        "complete and unknown": verify(replace(receipt, anchors=(ots_anchor(note)[0],)), DIGESTS),
        "bare": verify(replace(seal().receipts[0], custody=None)),
        "superseded": verify(later(FULL.sealed, receipt, action=Action.SUPERSEDED), DIGESTS, FULL.trust),
        "revoked": verify(later(FULL.sealed, receipt, action=Action.REVOKED), DIGESTS, FULL.trust),
        "erased": verify(later(FULL.sealed, receipt, action=Action.ERASED), DIGESTS, FULL.trust),
        "hidden case": verify(replace(receipt, opening=receipt.opening.hide(["case_blinded"])), DIGESTS, FULL.trust),
        "forged signatures": verify(replace(receipt, custody=unsigned), DIGESTS, FULL.trust),
    }


def altered() -> Iterator[Verdict]:
    """Verdicts on receipts with one bit changed: most of what a check can find."""
    data, verifier = FULL.receipt.to_bytes(), Verifier(FULL.trust)
    for bit in range(0, len(data) * 8, 701):
        mutant = bytearray(data)
        mutant[bit // 8] ^= 1 << bit % 8
        yield verifier.verify_bytes(bytes(mutant), DIGESTS)


def told(verdict: Verdict) -> Iterator[Said]:
    """Every sentence of a verdict, in no language yet."""
    for check in verdict.checks:
        yield check.said
    for anchor in (*verdict.anchors, *verdict.later_anchors):
        yield from (anchor.proof.said, anchor.trust.said, anchor.source)
    for signer in verdict.signers:
        yield signer.check.said
    for note in verdict.notes:
        yield Said(note.said, note.values)
    yield from verdict.interval.others


class TestLanguages:
    @pytest.mark.parametrize("locale", LOCALES)
    def test_every_sentence_of_every_verdict_has_words_in_every_language(self, locale: str) -> None:
        language, seen = words(locale), set()
        for verdict in (*verdicts().values(), *altered()):
            for said in told(verdict):
                seen.add(said.text)
                sentence = language.tell(said)
                assert sentence
                if locale != "en":
                    assert HAN.search(sentence) and not ENGLISH.search(sentence), sentence
            for line in verdict.explain(locale) if locale != "en" else ():
                assert HAN.search(line) and not ENGLISH.search(line), line
        assert len(seen) >= 45

    def test_the_json_is_in_the_language_and_conforms(self) -> None:
        for locale in LOCALES:
            value = WHOLE.to_json(locale)
            assert found(value) == []
            assert words(locale).titles[0] in json.dumps(value, ensure_ascii=False)


class TestSchema:
    @pytest.mark.parametrize("name", verdicts())
    def test_a_verdict_conforms(self, name: str) -> None:
        assert found(verdicts()[name].to_json()) == []

    def test_verdicts_of_altered_receipts_conform(self) -> None:
        for verdict in altered():
            assert found(verdict.to_json()) == []

    def test_what_is_no_verdict_does_not_conform(self) -> None:
        good = WHOLE.to_json()
        checks = good["checks"]
        assert isinstance(checks, list)
        for wrong in (
            {**good, "status": "MAYBE"},
            {**good, "reason": "because"},
            {**good, "more": 1},
            {**good, "checks": checks[:-1]},
            {name: value for name, value in good.items() if name != "interval"},
            {**good, "anchors": [{"type": "evm"}]},
        ):
            assert found(wrong)

    def test_its_lists_are_the_codes_own(self) -> None:
        assert DEFS["status"]["enum"] == list(Status)
        assert DEFS["reason"]["enum"] == [*Reason, None]
        assert DEFS["verdict"]["properties"]["checks"]["minItems"] == LAST_CHECK
        assert DEFS["check"]["properties"]["number"]["maximum"] == LAST_CHECK

    def test_the_apis_models_have_the_same_members(self) -> None:
        for name, model in (
            ("verdict", VerdictModel),
            ("check", CheckModel),
            ("interval", IntervalModel),
            ("source", SourceModel),
            ("evm", EvmAnchorModel),
            ("rfc3161", TimestampAnchorModel),
            ("ots", OtsAnchorModel),
            ("standing", StandingModel),
            ("signer", SignerModel),
            ("note", NoteModel),
        ):
            assert set(DEFS[name]["properties"]) == set(model.model_fields), name
        answer = {**WHOLE.to_json(), "not_proven": "..."}
        assert VerdictModel.model_validate(answer).model_dump(mode="json") == json.loads(json.dumps(answer))

    def test_every_part_of_a_receipt_that_is_verified_leaves_a_trace(self) -> None:
        """A new part of the receipt must not be forgotten by verdict and schema."""
        parts = {one.name for one in fields(Receipt)} - {"storage"}  # which no proof covers
        assert parts == {
            "opening",
            "log",
            "entry",
            "note",
            "case_head",
            "standing",
            "anchors",
            "custody",
            "later",
        }

from __future__ import annotations

import ast
import inspect
import re
import string
from collections.abc import Iterator
from importlib import import_module

import pytest

from notary.verdicts.reasons import LOCALES, Reason, Status, Text, Words, words
from notary.verdicts.verify import LAST_CHECK

CHINESE = [locale for locale in LOCALES if locale != "en"]
HAN = re.compile(r"[\u4e00-\u9fff]")
ONLY_SIMPLIFIED = set("据证经时间区块该链签确认没这个来")
ONLY_TRADITIONAL = set("據證經時間區塊該鏈簽確認沒這個來") - ONLY_SIMPLIFIED


ENGLISH = re.compile(r"[A-Za-z]{2,}(?:[ ,;:']+[A-Za-z]{2,}){2,}")  # three words in a row
LOCAL = {"text", "meaning"}  # an error's text is in English; elsewhere the reason's own sentence stands for it
BARE = {Text.CHECK, Text.REFUSED, Text.SIGNED_BY, Text.BOTH, Text.OPEN_STILL}  # nothing but their values


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def everything(language: Words) -> str:
    return "".join(
        [*language.statuses.values(), *language.titles, *language.meanings.values(), *language.texts.values()]
    )


class TestWords:
    @pytest.mark.parametrize("locale", LOCALES)
    def test_every_code_has_its_words_in_every_language(self, locale: str) -> None:
        language = words(locale)
        assert language.locale == locale
        assert set(language.meanings) == set(Reason)
        assert set(language.texts) == set(Text)
        assert set(language.statuses) == set(Status)
        assert len(language.titles) == len(set(language.titles)) == LAST_CHECK
        assert all(sentence.strip() == sentence and sentence for sentence in language.meanings.values())
        assert language.not_proven

    @pytest.mark.parametrize("locale", CHINESE)
    def test_templates_take_the_same_values_in_every_language(self, locale: str) -> None:
        for text, template in words("en").texts.items():
            assert placeholders(words(locale).texts[text]) - LOCAL == placeholders(template) - LOCAL, text

    @pytest.mark.parametrize("locale", CHINESE)
    def test_every_sentence_is_in_chinese(self, locale: str) -> None:
        language = words(locale)
        for sentence in (*language.titles, *language.meanings.values(), *language.statuses.values()):
            assert len(HAN.findall(sentence)) >= 2, sentence
        for text, template in language.texts.items():
            assert not ENGLISH.search(template), template
            if text not in BARE:
                assert HAN.search(template), template

    def test_the_two_scripts_are_not_mixed(self) -> None:
        assert not set(everything(words("zh-Hans"))) & ONLY_TRADITIONAL
        assert not set(everything(words("zh-Hant"))) & (ONLY_SIMPLIFIED - set("確認該間來沒這個"))

    @pytest.mark.parametrize("locale", LOCALES)
    def test_sentences_of_distinct_findings_are_distinct(self, locale: str) -> None:
        """Pending, superseded, revoked, reorganised, erased, an untrusted authority and a weak algorithm differ."""
        named = (
            Reason.OTS_PENDING,
            Reason.ANCHOR_PENDING,
            Reason.SUPERSEDED,
            Reason.REVOKED,
            Reason.BLOCK_HASH_DIFFERS,
            Reason.ERASED,
            Reason.AUTHORITY_UNTRUSTED,
            Reason.AUTHORITY_EXPIRED,
            Reason.AUTHORITY_REVOKED,
            Reason.STAMP_ALGORITHM_WEAK,
        )
        assert len({words(locale).meanings[reason] for reason in named}) == len(named)

    @pytest.mark.parametrize("locale", ["", "zh", "ZH-HANS", "de", "../en"])
    def test_another_language_is_refused(self, locale: str) -> None:
        with pytest.raises(ValueError, match="no words"):
            words(locale)

    def test_codes_are_written_like_codes(self) -> None:
        assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", reason) for reason in Reason)

    def test_every_reason_that_an_anchor_or_a_signature_is_refused_for_is_one_of_ours(self) -> None:
        raised: set[str] = set()
        stamps = ("tsp", "tsp_read", "tsp_signature", "tsp_path", "ots", "ots_tree")
        custody = ("signatures", "signature_chain")
        for module in [f"timestamps.{name}" for name in stamps] + [f"custody.{name}" for name in custody]:
            raised |= set(refusals(module))
        assert {"token-invalid", "authority-revoked", "ots-pending", "signer-expired", "bitcoin-root-differs"} <= raised
        assert raised - ONLY_IN_REQUESTS <= set(Reason)


ONLY_IN_REQUESTS = {"token-nonce-differs", "token-policy-differs", "token-refused"}  # raised where a token is asked for
ERRORS = {"TokenInvalid", "TokenUntrusted", "OtsInvalid", "OtsUnconfirmed", "SignerUnproven"}


def refusals(name: str) -> Iterator[str]:
    """The reasons that a module of notary raises its errors with, read from its source."""
    module = import_module(f"notary.{name}")
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS:
            reason = node.args[0]
            assert isinstance(reason, ast.Constant | ast.Name), ast.dump(node)
            yield str(reason.value if isinstance(reason, ast.Constant) else getattr(module, reason.id))

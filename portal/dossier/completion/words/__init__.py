"""Every sentence of a completion paper: data, one module a language, beside those that every report has."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from notary.report.words import Sayer as ReportSayer
from notary.report.words import sentences as report_sentences


class Sayer(ReportSayer):
    """Says things in all languages of a paper at once; dates, page numbers and lists as a report does."""

    def __init__(self, languages: tuple[str, ...]) -> None:
        super().__init__(languages)
        self._words = [{**report_sentences(language), **sentences(language)} for language in languages]


def sentences(language: str) -> Mapping[str, str]:
    """All sentences of a paper's own, in one language."""
    name = language.lower().replace("-", "_")
    found: Mapping[str, str] = import_module(f"portal.dossier.completion.words.{name}").SENTENCES
    return found

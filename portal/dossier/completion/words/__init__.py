"""Every sentence of a completion paper: data, one module a language."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module


def sentences(language: str) -> Mapping[str, str]:
    """All sentences of one language, one of portal.dossier.completion.values.LANGUAGES."""
    name = language.lower().replace("-", "_")
    found: Mapping[str, str] = import_module(f"portal.dossier.completion.words.{name}").SENTENCES
    return found

"""The sentences of the annexes in zh_hant."""

from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, str]] = {}

"""Where a report's fonts are on this machine: no workspace is needed, since anybody may check a report."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from notary.report.fonts import Fonts

FOLDER_VARIABLE: Final = "TALLYSTICK_FONTS"
CHECKOUT: Final = Path(__file__).resolve().parents[1] / ".tools/fonts"  # made by scripts/lib/setup.sh


def report_fonts(languages: Sequence[str]) -> Fonts:
    """Fonts for a report in these languages: of the folder that TALLYSTICK_FONTS names, the checkout, the system.

    Raises FontsMissing, which says what to install.
    """
    from notary.report.fonts import Fonts, usual_folders

    named = os.environ.get(FOLDER_VARIABLE)
    own = [Path(named)] if named else []
    return Fonts.find(usual_folders([*own, CHECKOUT]), languages)

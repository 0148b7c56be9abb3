"""Run the demo and keep a picture of its end for the README: docs/demo.svg.

scripts/lib/demo_picture.py FOLDER      FOLDER: where the demo's own folder is made
"""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

from portal.demo.stage import WIDTH
from portal.demo.story import tell

PICTURE = Path(__file__).parents[2] / "docs" / "demo.svg"
LINES = 64  # from the end: the auction, the escrows, the table


def main() -> int:
    """Write the picture; returns the exit code."""
    console = Console(width=WIDTH, highlight=False, record=True, force_terminal=True, color_system="truecolor")
    tell(None, Path(sys.argv[1]), console=console)
    lines = console.export_text(styles=True).splitlines()[-LINES:]
    picture = Console(width=WIDTH, record=True, file=io.StringIO())
    picture.print(Text.from_ansi("\n".join(lines)))
    drawn = re.sub(r"@font-face \{.*?\}\s*", "", picture.export_svg(title="./scripts/demo"), flags=re.DOTALL)
    PICTURE.write_text(drawn, encoding="utf-8")  # without fonts from elsewhere: a picture asks no server
    return 0


if __name__ == "__main__":
    sys.exit(main())

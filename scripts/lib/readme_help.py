"""Keep the program's own help in the README: between the two markers stands what `tallystick --help` prints.

scripts/lib/readme_help.py            write it
scripts/lib/readme_help.py --check    exit 1 if it is not so
"""

from __future__ import annotations

import sys
from pathlib import Path

from click.testing import CliRunner

from portal.cli import root

README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- tallystick --help -->\n```\n", "```\n<!-- end -->"


def main() -> int:
    """Write or check; returns the exit code."""
    text = README.read_text(encoding="utf-8")
    before, found, rest = text.partition(BEGIN)
    inside, ended, after = rest.partition(END)
    if not found or not ended:
        print("README.md has lost the markers around the help text", file=sys.stderr)
        return 1
    said = CliRunner().invoke(root, ["--help"], prog_name="tallystick", terminal_width=100).output
    if "--check" in sys.argv[1:]:
        if inside != said:
            print(
                "README.md does not show what `tallystick --help` prints: run scripts/lib/readme_help.py",
                file=sys.stderr,
            )
            return 1
        return 0
    README.write_text(before + BEGIN + said + END + after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

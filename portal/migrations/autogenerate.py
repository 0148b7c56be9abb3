"""Write the next migration: what must change for the database to hold the tables that the stores describe.

    python -m portal.migrations.autogenerate "what changes"

Then read the file, add its revision to `portal.migrations.KNOWN`, and run the tests.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext

from portal.database import migrate, open_engine, sqlite_url
from portal.migrations import KNOWN
from portal.migrations.tables import METADATA, ours

HEADER = '''"""{subject}"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {down}


def upgrade() -> None:
    """{subject}"""
    {code}
'''


def render(subject: str, *, known: tuple[str, ...] = KNOWN) -> tuple[str, str]:
    """(revision, text) of the migration from the last of `known` to the stores' tables."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(sqlite_url(Path(folder) / "now.sqlite"))
        if known:
            migrate(engine)
        with engine.begin() as connection:
            options = {"include_object": ours, "target_metadata": list(METADATA), "compare_type": True}
            context = MigrationContext.configure(connection, opts=options)
            script = produce_migrations(context, list(METADATA))  # type: ignore[arg-type]  # a list is taken, too
            assert script.upgrade_ops is not None
            code = render_python_code(script.upgrade_ops, render_as_batch=bool(known), migration_context=context)
        engine.dispose()
    code = "\n".join(line for line in code.splitlines() if not line.strip().startswith("# ###"))
    revision = f"{len(known) + 1:04d}"
    down = f'"{known[-1]}"' if known else "None"
    return revision, HEADER.format(subject=subject, revision=revision, down=down, code=code.strip())


def main() -> None:
    """Write the file named by its revision."""
    first = "--first" in sys.argv  # begin again: only before the first release
    subject = sys.argv[-1].strip().rstrip(".") + "."
    revision, text = render(subject, known=() if first else KNOWN)
    path = Path(__file__).parent / "versions" / f"v{revision}.py"
    path.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()

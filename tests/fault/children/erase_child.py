"""Erases claims or a whole case, or seals into it, to be killed or to meet another; see support/killing.py."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from support.killing import serve
from support.notaryworld import open_context

from notary.custody import erasure
from notary.sealing.seal import seal
from notary.service_errors import CaseErased


def job(workspace: str, url: str | None, case_id: str, what: str, *words: int | str) -> None:
    """what  "case": erase it; "claims": these entries, one after the other; "seal": this folder, file by file

    The latter two end where the case is erased.
    """
    ctx = open_context(Path(workspace), lambda: int(time.time()), url)
    with contextlib.suppress(CaseErased):
        if what == "case":
            erasure.erase_case(ctx, case_id, "settled")
        elif what == "claims":
            for place in map(int, words):
                erasure.erase(ctx, case_id, [place])
        else:
            seal(ctx, case_id, [str(folder) for folder in words], batch_claims=1)


if __name__ == "__main__":
    serve(job)

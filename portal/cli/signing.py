"""What `plan sign` and `escrow sign` share."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from portal.cli.shell import Shell

if TYPE_CHECKING:
    from portal.settling import Checked


def sign_file(
    shell: Shell, purpose: str, file: str, key: str | None, role: str | None, signature: str | None
) -> tuple[Checked, Path]:
    """Sign the paper and write it back to where it came from; returns it and that place.

    Raises ArgumentInvalid, NotAParty, PaperInvalid, and what opening a key raises.
    """
    from portal import settling
    from portal.errors import ArgumentInvalid
    from portal.papers import MAX_SIGNATURE
    from portal.reading import write_output

    if (key is None) == (signature is None):
        raise ArgumentInvalid("--key", key or "", "give either --key, or --role with --signature")
    if signature is not None and not role:
        raise ArgumentInvalid("--signature", signature[:20], "needs --role: whose signature it is")
    with shell.world(purpose) as world:
        found = settling.trusted_paper(world, file)  # refused before any key is opened
        paper = found.paper
        if key is not None:
            signed = settling.sign_paper(world, paper, key)
        else:
            text = signature or ""
            if not re.fullmatch(rf"0x(?:[0-9a-fA-F]{{2}}){{1,{MAX_SIGNATURE}}}", text):
                raise ArgumentInvalid("--signature", text[:20], "is not 0x and hex digits")
            if role not in paper.roles:
                raise ArgumentInvalid("--role", str(role), f"is none of {' and '.join(paper.roles)}")
            signed = paper.with_signature(str(role), bytes.fromhex(text[2:]))
        settling.take_in(world, signed)
        target = found.file or settling.paper_file(world, signed)
        write_output(target, signed.to_bytes())
    return replace(found, paper=signed), target

"""What REVERIFY.md says, without running it; tests/integration/test_court_reverify.py runs it."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace

import pytest
from support import sealed, stamped

from notary.court.reverify import quoted, reverify_text
from notary.log import merkle
from notary.log.checkpoint import SignedCheckpoint
from notary.proofs.receipt import Receipt
from notary.sealing.commitment import claim_entry

HOSTILE = [
    "plain",
    "it's",
    "'; touch pwned; '",
    "$(id) `id` ${HOME} \\ \\\\ !! *",
    "-n",
    "line\nbreak\ttab\x1b[31m\x7f",
    "a\u202egpj.exe",
    "zero\u200bwidth \u2028 \u00a0 \u034f \u3164",
    "'\u202e\\'",
    "\u202e41",  # a byte written out, with digits after it
    "😀👨\u200d👩",
    "محضر اجتماع.pdf",
    "契約书.pdf",
    "```\n# heading",
    "  spaces  ",
]


class TestQuoted:
    @pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
    def test_bash_reads_every_text_as_it_was(self, locale: str) -> None:
        script = "".join(f"printf '%s\\0' {quoted(text)}\n" for text in HOSTILE)
        done = subprocess.run(["bash"], input=script.encode(), env={"LC_ALL": locale}, capture_output=True, check=True)
        assert done.stdout.decode().split("\0") == [*HOSTILE, ""]

    @pytest.mark.parametrize("text", HOSTILE)
    def test_a_word_has_one_line_and_nothing_that_cannot_be_seen(self, text: str) -> None:
        word = quoted(text)
        assert "\n" not in word
        assert not re.search("[\x00-\x1f\x7f\u00a0\u034f\u200b-\u200f\u2028\u202e\u3164]", word)


def climbed(receipt: Receipt) -> str:
    """The root to which the commands of step 3 lead."""
    text = reverify_text([receipt], [None])
    node = merkle.leaf_hash(claim_entry(receipt.opening.commitment()))
    for left, right in re.findall(r"^N=\$\(node (\S+) (\S+)\)$", text, re.M):
        pair = [node if one == '"$N"' else bytes.fromhex(one) for one in (left, right)]
        node = merkle.node_hash(*pair)
    return node.hex()


@pytest.mark.parametrize("before", range(20))
def test_the_path_leads_to_the_root_in_logs_of_every_shape(before: int) -> None:
    for receipt in sealed.seal(entries_before=before).receipts:
        assert climbed(receipt) == receipt.note.checkpoint.root.hex()


def test_text_from_outside_opens_no_block_and_no_cell() -> None:
    batch = sealed.seal([b"1", b"2"], each=[{"name": f"a```\n# b\n| <b> [x](y) `{n}`", "exhibit": "|"} for n in "12"])
    note = batch.note
    extended = replace(note.checkpoint, extensions=("```", "it's <b>"))
    receipts = [replace(one, note=SignedCheckpoint(extended, note.signatures)) for one in batch.receipts]
    text = reverify_text(receipts, ["documents/a\nEND\n```/b", "documents/|/$(id)"])
    plain = reverify_text(batch.receipts, ["documents/a", "documents/b"])
    assert re.findall("^(?:#|```).*$", text, re.M) == re.findall("^(?:#|```).*$", plain, re.M)
    assert text.count("\nEND\n") == plain.count("\nEND\n") == 1
    rows = [line for line in text.split("\n") if line.startswith("| ")]
    assert [len(re.findall(r"(?<!\\)\|", row)) for row in rows] == [11] * 3
    assert not any(re.search(r"(?<!\\)[<`\[]", row) for row in rows[1:])


def test_the_same_receipts_give_the_same_text() -> None:
    full = stamped.full()
    assert len({reverify_text([full.receipt], ["documents/1/a"], trust=full.trust) for _ in range(2)}) == 1

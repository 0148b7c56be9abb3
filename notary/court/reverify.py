"""REVERIFY.md: how an expert repeats the main checks by hand, with the receipts' actual values.

    reverify_text(receipts, documents, chosen=0, trust=trust) -> the text of the file

Pure. What it writes needs bash, coreutils, xxd, openssl and curl, and nothing of ours. Commands stand in blocks marked
`bash`, and what such a block must print in the block marked `text` that follows it. All blocks are for one shell, in
their order, in the unpacked bundle. tests/integration/test_court_reverify.py runs them as written.

One exhibit is taken through all steps; of the others there is one command for all documents and a table of values.
"""

from __future__ import annotations

import base64
import hashlib
import textwrap
from collections.abc import Collection, Iterable, Sequence

from notary import jcs
from notary.court import reverify_words as words
from notary.court.layout import document_paths
from notary.errors import EvmProofInvalid, TokenInvalid
from notary.evm.evm_proof import HEAD_APPENDED, HEAD_APPENDED_TOPIC, EvmAnchor, parse_header
from notary.log import checkpoint as _checkpoint
from notary.proofs.receipt import Inclusion, OtsAnchor, Receipt, TimestampAnchor
from notary.reading import evm
from notary.report.text import shown
from notary.sealing.claim import DIGEST_SIZES
from notary.sealing.commitment import Shown
from notary.timestamps import tsp
from notary.verdicts.trust import Trust
from notary.verdicts.verdict import utc

_OPENSSL_NAMES = {"sha512": "sha512", "sha3_256": "sha3-256", "sha3_512": "sha3-512", "sm3": "sm3"}
_RSA_PSS = "1.2.840.113549.1.1.10"  # `openssl ts` cannot verify it, `openssl cms` can
_ED25519 = "1.3.101.112"  # neither can, before openssl 3.2
_SPKI = "302a300506032b6570032100"  # DER before the 32 bytes of an Ed25519 key, RFC 8410


def reverify_text(
    receipts: Sequence[Receipt], documents: Sequence[str | None], *, chosen: int = 0, trust: Trust | None = None
) -> str:
    """The text of REVERIFY.md.

    receipts   one or more, in the order of receipts.json
    documents  of each receipt, the path of its document in the bundle; None where it is not in there
    chosen     place of the receipt that is taken through all steps
    trust      what the issuer relied on; its authorities' root certificates are written out

    Raises ValueError unless there is a document, or None, for each receipt, and `chosen` is a place among them.
    """
    if len(documents) != len(receipts) or not 0 <= chosen < len(receipts):
        raise ValueError(f"{len(receipts)} receipts, {len(documents)} documents, number {chosen} chosen")
    receipt, document = receipts[chosen], documents[chosen]
    parts = [
        *_preparation(receipt, chosen, len(receipts)),
        *_document(receipt, document),
        *_claim(receipt),
        *_entry(receipt),
        *_note(receipt),
        *_blocks(receipt, trust or Trust()),
        *_tokens(receipt, trust or Trust()),
        *_proofs(receipt),
        words.MEANING,
        *_others(receipts, documents),
    ]
    return "\n\n".join(parts) + "\n"


def bundled_text(receipts: Sequence[Receipt], there: Collection[str], trust: Trust) -> str:
    """The text for a bundle: the first document that is in it is taken through all steps.

    there  paths of the bundle's files

    Raises ValueError where there is no receipt.
    """
    lying = [path if path in there else None for path in document_paths(receipts)]
    chosen = next((place for place, path in enumerate(lying) if path is not None), 0)
    return reverify_text(receipts, lying, chosen=chosen, trust=trust)


# How text is put: a block of commands, and what it prints.


def _run(commands: Iterable[str], prints: Iterable[str] = ()) -> str:
    """A block for the shell, and what it must print; nothing if `prints` is empty."""
    told = "\n".join(prints)
    block = "```bash\n" + "\n".join(commands) + "\n```\n\n"
    return block + (f"{words.MUST_PRINT}\n\n```text\n{told}\n```" if told else words.PRINTS_NOTHING)


def quoted(text: str) -> str:
    """`text` as one word for bash; what cannot be seen is written as bytes."""
    if all(_visible(char) for char in text):
        return "'" + text.replace("'", "'\\''") + "'"
    return "$'" + "".join(_in_dollar_quotes(char) for char in text) + "'"


def _visible(char: str) -> bool:
    return char == " " or shown(f"a{char}a") == f"a{char}a"


def _in_dollar_quotes(char: str) -> str:
    if char in "\\'":
        return "\\" + char
    return char if _visible(char) else "".join(f"\\x{byte:02x}" for byte in char.encode())


def _cell(text: str) -> str:
    """`text` in a cell of a table: nothing of it is read as Markdown or HTML."""
    return "".join("\\" + char if char in "\\`*_[]<>|&~$" else char for char in shown(text))


def _base64_file(data: bytes, path: str) -> list[str]:
    """Commands that write `data` to `path`."""
    lines = textwrap.wrap(base64.b64encode(data).decode(), 100)
    return [f"base64 -d > {path} << 'END'", *lines, "END"]  # no base64 line has three characters


def _pem_file(certificates: Iterable[bytes], path: str) -> list[str]:
    lines = [f"cat > {path} << 'EOF'"]
    for der in certificates:
        lines += ["-----BEGIN CERTIFICATE-----", *textwrap.wrap(base64.b64encode(der).decode(), 64)]
        lines += ["-----END CERTIFICATE-----"]
    return [*lines, "EOF"]


# The steps.


def _preparation(receipt: Receipt, chosen: int, count: int) -> list[str]:
    name = _cell(str(receipt.shown().get("name", words.WITHHELD)))
    which = words.WHICH.format(number=chosen + 1, count=count, name=name) + (words.WHICH_OTHERS if count > 1 else "")
    return [
        words.TITLE,
        which,
        words.PREPARE,
        _run(['sha256sum -c --quiet MANIFEST.sha256 && echo "as listed"'], ["as listed"]),
        words.FOOT,
        _run(words.FUNCTIONS),
    ]


def _document(receipt: Receipt, document: str | None) -> list[str]:
    fields = receipt.shown()
    names = [name for name in DIGEST_SIZES if name in fields]
    if document is None or not names:
        return [words.DOCUMENT, words.NO_DOCUMENT if document is None else words.NO_DIGEST]
    commands, prints = [f"D={quoted(document)}"], []
    for name in names:
        command = "sha256sum" if name == "sha256" else f"openssl dgst -{_OPENSSL_NAMES[name]} -r"
        commands.append(f'{command} < "$D" | cut -d" " -f1')
        prints.append(str(fields[name]))
    if "size" in fields:
        commands.append('wc -c < "$D"')
        prints.append(str(fields["size"]))
    return [words.DOCUMENT, words.DOCUMENT_SAYS.format(fields=", ".join(names)), _run(commands, prints)]


def _claim(receipt: Receipt) -> list[str]:
    opening = receipt.opening
    commands = ["F=()"]
    for entry in opening.entries:
        if isinstance(entry, Shown):
            pair = jcs.dumps({"name": entry.name, "value": entry.value}).decode()
            commands.append(f'F+=("$(field {entry.salt.hex()} {quoted(pair)})")')
        else:
            commands.append(f"F+=({entry.hash.hex()}){words.WITHHELD_FIELD}")
    commands += [
        'L=(); for f in "${F[@]}"; do L+=("$(leaf "$f")"); done',
        f'C=$({{ printf \'tallystick/commitment/v1\\0\'; printf %s%s {opening.salt.hex()} "$(root "${{L[@]}}")" '
        "| xxd -r -p; } | sha256sum | cut -c1-64)",
        'echo "$C"',
    ]
    return [words.CLAIM, words.CLAIM_SAYS, _run(commands, [opening.commitment().hex()])]


def _entry(receipt: Receipt) -> list[str]:
    commands = ['N=$(printf \'{"c":"%s","t":"claim"}\' "$C" | { printf \'\\0\'; cat; } | sha256sum | cut -c1-64)']
    for sibling, on_left in zip(receipt.entry.path, _on_left(receipt.entry), strict=True):
        pair = f'{sibling.hex()} "$N"' if on_left else f'"$N" {sibling.hex()}'
        commands.append(f"N=$(node {pair})")
    commands.append('echo "$N"')
    says = words.ENTRY_SAYS.format(index=receipt.entry.index, size=receipt.entry.size)
    return [words.ENTRY, says, _run(commands, [receipt.note.checkpoint.root.hex()])]


def _on_left(place: Inclusion) -> list[bool]:
    """Of each hash of the path, whether it stands left of what was computed.  Source: RFC 9162, section 2.1.3.2."""
    index, last, sides = place.index, place.size - 1, []
    for _ in place.path:
        sides.append(bool(index & 1 or index == last))
        if sides[-1]:
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        index, last = index >> 1, last >> 1
    return sides


def _note(receipt: Receipt) -> list[str]:
    note, key = receipt.note, receipt.log.key
    text = note.to_text()
    lines = text.removesuffix("\n").split("\n")
    commands = [
        "printf '%s\\n' \\",
        *(f"  {quoted(line)} \\" for line in lines),
        '  > "$W/checkpoint.txt"',
        'sed -n 3p "$W/checkpoint.txt" | base64 -d | xxd -p -c 64',
        'sed -n 2p "$W/checkpoint.txt"',
    ]
    root = note.checkpoint.root.hex()
    parts = [words.NOTE, words.NOTE_SAYS, _run(commands, [root, str(note.checkpoint.size)])]
    wanted = _checkpoint.key_id(receipt.log.origin, key)
    mine = [n for n, one in enumerate(note.signatures) if one.name == receipt.log.origin and one.key_id == wanted]
    if not mine:
        return [*parts, words.NOTE_UNSIGNED]
    line = note.checkpoint.body().count("\n") + 2 + mine[0]
    commands = [
        f'printf %s {_SPKI}{key.hex()} | xxd -r -p > "$W/key.der"',
        'sed \'/^$/,$d\' "$W/checkpoint.txt" > "$W/signed.txt"',
        f'sed -n {line}p "$W/checkpoint.txt" | cut -d" " -f3 | base64 -d | tail -c +5 > "$W/signature"',
        'openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey "$W/key.der" -in "$W/signed.txt" \\',
        '  -sigfile "$W/signature"',
    ]
    return [*parts, words.SIGNATURE_SAYS, _run(commands, ["Signature Verified Successfully"])]


def _blocks(receipt: Receipt, trust: Trust) -> list[str]:
    anchors = [anchor for anchor in receipt.anchors if isinstance(anchor, EvmAnchor)]
    if not anchors or receipt.log.id is None:
        return [words.EVM, words.NO_EVM]
    parts = [words.EVM, words.EVM_SAYS, _run(words.NODE)]
    for number, anchor in enumerate(anchors, 1):
        if len(anchors) > 1:
            parts.append(f"**Anchor {number} of {len(anchors)}.**")
        parts += _block(receipt, receipt.log.id, anchor, trust)
    return parts


def _block(receipt: Receipt, log_id: bytes, anchor: EvmAnchor, trust: Trust) -> list[str]:
    number, block_hash, tx = f'["{anchor.block_number:#x}",false]', evm(anchor.block_hash), evm(anchor.tx)
    size, root, topic = receipt.note.checkpoint.size, evm(receipt.note.checkpoint.root), evm(HEAD_APPENDED_TOPIC)
    commands = [
        "rpc eth_chainId '[]' | member result",
        "rpc eth_getBlockByNumber '[\"0x0\",false]' | member hash",
        f"rpc eth_getBlockByNumber '{number}' > \"$W/block.json\"",
        'member hash < "$W/block.json"',
    ]
    prints = [f"{anchor.chain_id:#x}", evm(anchor.genesis), block_hash]
    time = _block_time(anchor)
    if time is not None:
        commands.append("""date -u -d "@$(($(member timestamp < "$W/block.json")))" +'%Y-%m-%d %H:%M:%S UTC'""")
        prints.append(utc(time))
    commands += [
        "FINAL=$(rpc eth_getBlockByNumber '[\"finalized\",false]' | member number)",
        f"[ $((FINAL)) -ge {anchor.block_number} ] && echo final",
    ]
    wanted = jcs.dumps(
        {
            "address": evm(anchor.contract),
            "blockHash": block_hash,
            "topics": [topic, evm(log_id), f"0x{size:064x}"],
        }
    ).decode()
    event = [
        f"rpc eth_getLogs '[{wanted}]' > \"$W/log.json\"",
        'member data < "$W/log.json"',
        'member transactionHash < "$W/log.json"',
    ]
    cast = [
        f"cast keccak {evm(anchor.header)}",
        f"cast keccak '{HEAD_APPENDED}'",
        f'cast block {anchor.block_number} --field hash --rpc-url "$RPC"',
    ]
    dev = any(chain.dev and chain.chain_id == anchor.chain_id for chain in trust.chains)
    return [
        *([words.DEV_CHAIN] if dev else []),
        words.CHAIN_AND_BLOCK.format(time="" if time is None else words.AND_TIME),
        _run(commands, [*prints, "final"]),
        words.EVENT_SAYS,
        _run(event, [root, tx]),
        words.EXPLORER.format(
            tx=tx,
            chain=anchor.chain_id,
            number=anchor.block_number,
            contract=evm(anchor.contract),
            topic=topic,
            log_id=evm(log_id),
            size=size,
            root=root,
        ),
        words.CAST_SAYS,
        _run(cast, [block_hash, topic, block_hash]),
    ]


def _block_time(anchor: EvmAnchor) -> int | None:
    try:
        return parse_header(anchor.header).timestamp
    except EvmProofInvalid:
        return None


def _tokens(receipt: Receipt, trust: Trust) -> list[str]:
    tokens = [anchor.token for anchor in receipt.anchors if isinstance(anchor, TimestampAnchor)]
    if not tokens:
        return [words.STAMP, words.NO_STAMP]
    parts = [words.STAMP, words.STAMP_SAYS, *_roots(trust)]
    at_hand = any(authority.certificates for authority in trust.authorities)
    for number, token in enumerate(tokens, 1):
        parts += _token(receipt, token, number, at_hand)
    return parts


def _roots(trust: Trust) -> list[str]:
    if not trust.authorities:
        return [words.NO_ROOT]
    commands, prints = [], []
    for authority in trust.authorities:
        commands += _pem_file([authority.root], '"$W/root.pem"')
        commands.append('cat "$W/root.pem" >> "$W/roots.pem"')
        commands.append('openssl x509 -in "$W/root.pem" -outform DER | sha256sum | cut -c1-64')
        prints.append(hashlib.sha256(authority.root).hexdigest())
    certificates = [one for authority in trust.authorities for one in authority.certificates]
    if certificates:
        commands += _pem_file(certificates, '"$W/certificates.pem"')
    names = ", ".join(_cell(authority.name) for authority in trust.authorities)
    return [words.ROOTS.format(names=names), _run(commands, prints)]


def _token(receipt: Receipt, token: bytes, number: int, at_hand: bool) -> list[str]:
    """at_hand: certificates that the token may lack are in a file."""
    path = f'"$W/token-{number}.der"'
    commands = _base64_file(token, path)
    try:
        read = tsp.read_token(token)
    except TokenInvalid:
        return [words.STAMP_UNREADABLE.format(number=number), _run(commands)]
    pss = read.signer.algorithm == _RSA_PSS
    if read.signer.algorithm == _ED25519:
        says = words.STAMP_UNCHECKED.format(number=number, algorithm="Ed25519")
        return [says, _run(commands)]
    more = f' {"-certfile" if pss else "-untrusted"} "$W/certificates.pem"' if at_hand else ""
    chain = f'  -CAfile "$W/roots.pem"{more} -attime {read.gen_time}'
    if pss:
        digest = f'$(openssl dgst -{read.hash_name.replace("_", "-")} -r < "$W/checkpoint.txt" | cut -d" " -f1)'
        commands += [
            f'openssl cms -verify -binary -inform DER -in {path} -out "$W/content" -purpose timestampsign \\',
            "  -no-CApath -no-CAstore \\",
            chain + " 2>&1",
            f'xxd -p "$W/content" | tr -d "\\n" | grep -o "{digest}"',
        ]
        prints = ["CMS Verification successful", _digest(receipt, read.hash_name)]
    else:
        commands += [f'openssl ts -verify -token_in -in {path} -data "$W/checkpoint.txt" \\', chain]
        prints = ["Verification: OK"]
    commands += [
        f"T=$(openssl ts -reply -token_in -in {path} -text | sed -n 's/^Time stamp: //p')",
        """date -u -d "$T" +'%Y-%m-%d %H:%M:%S UTC'""",
    ]
    return [words.STAMP_PRINTS.format(number=number), _run(commands, [*prints, utc(read.gen_time)])]


def _proofs(receipt: Receipt) -> list[str]:
    proofs = [anchor.proof for anchor in receipt.anchors if isinstance(anchor, OtsAnchor)]
    parts = [words.OTS] if proofs else []
    for number, proof in enumerate(proofs, 1):
        path = f'"$W/checkpoint-{number}.txt.ots"'
        commands = [
            *_base64_file(proof, path),
            f"tail -c +34 {path} | head -c 32 | xxd -p -c 64",
            'sha256sum < "$W/checkpoint.txt" | cut -c1-64',
        ]
        parts += [words.OTS_SAYS.format(number=number), _run(commands, [_digest(receipt)] * 2)]
        parts.append(words.OTS_VERIFY.format(number=number))
    return parts


def _digest(receipt: Receipt, name: str = "sha256") -> str:
    """Of the note, as it is stamped."""
    return hashlib.new(name, receipt.note.to_text().encode()).hexdigest()


def _others(receipts: Sequence[Receipt], documents: Sequence[str | None]) -> list[str]:
    if len(receipts) == 1:
        return []
    parts, sums = [words.OTHERS], []
    for receipt, document in zip(receipts, documents, strict=True):
        digest = receipt.shown().get("sha256")
        if document is not None and digest is not None:
            sums.append(_sum_line(str(digest), document))
    if sums:
        done = 'echo "all documents are the sealed ones"'
        commands = [f"sha256sum -c --quiet << 'END' && {done}", *sums, "END"]
        parts += [words.ALL_DOCUMENTS, _run(commands, ["all documents are the sealed ones"])]
    rows = [_row(n, *pair) for n, pair in enumerate(zip(receipts, documents, strict=True), 1)]
    return [*parts, words.OTHERS_SAYS, "\n".join([*words.TABLE, *rows])]


def _sum_line(digest: str, path: str) -> str:
    """A line as `sha256sum` writes it: one with a backslash before it has backslashes and newlines written out."""
    written = path.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return f"{'' if written == path else chr(92)}{digest}  {written}"


def _row(number: int, receipt: Receipt, document: str | None) -> str:
    fields = receipt.shown()
    told = [_cell(str(fields.get(name, words.WITHHELD))) for name in ("exhibit", "name", "size", "sha256")]
    place, root = receipt.entry, receipt.note.checkpoint.root.hex()
    path = "-" if document is None else _cell(document)
    cells = [str(number), *told[:2], path, *told[2:], receipt.opening.commitment().hex()]
    return "| " + " | ".join([*cells, str(place.index), str(place.size), root]) + " |"

"""REVERIFY.md for both verifiers: receipts for every sentence that it has, and bundles with another in its place."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from support import stamped, tsa_chain
from support.browser_bundles import Case, listed, sealed_in_bundle, zipped
from support.sealed import KEY, Sealed, anchored_block, later, make_anchor, seal, trust_in

from notary.court import layout
from notary.court.reverify import bundled_text
from notary.custody.chain import Action
from notary.log.checkpoint import Checkpoint, NoteSignature, SignedCheckpoint, sign
from notary.proofs import bundle
from notary.proofs.disclosure import hide, show_only
from notary.proofs.receipt import Anchor, PendingAnchor, Receipt, TimestampAnchor, UnknownAnchor
from notary.sealing.claim import DIGEST_SIZES
from notary.verdicts.trust import Trust

NAMES = (
    "it's $(id) `id` ${HOME} \\ !! * | <b> [x](y) ~~ &amp;.pdf",
    "line\nbreak\ttab\x1b\x7f.txt",
    "a\u202egpj.exe",
    "'\u202e41\\'\u200b\u2028\u00a0\u034f\u115f\u180e\u2800\u3164\ufe0f\uffa0\U000e0100\ue000",
    "  spaces  at   edges ",
    "\u3000契約書　第一號（修訂）.pdf",
    "买卖合同-2026.pdf",
    "😀👨\u200d👩 محضر اجتماع e\u0301.pdf",
    "```\n# heading",
    "con.txt",
    "長" * 60 + ".pdf",
    " ",
    "../../..",
    "CON",
    "newer than Python's tables \U0001fae8\U0001fae9\u1c89\ua7cd\U0001c000.pdf",
)


@dataclass(frozen=True)
class Manual:
    """What REVERIFY.md follows from: a receipts file, a trust file or none, and the paths of the bundle's files."""

    label: str
    receipts: bytes
    trust: bytes | None
    names: tuple[str, ...]

    def line(self) -> str:
        given = {
            name: data and base64.b64encode(data).decode()
            for name, data in (("receipts", self.receipts), ("trust", self.trust))
        }
        return json.dumps({**given, "names": self.names})

    def python(self) -> str:
        trust = Trust() if self.trust is None else Trust.from_bytes(self.trust)
        return bundled_text(bundle.read_any(self.receipts), self.names, trust)


def manual(label: str, receipts: Iterable[Receipt], trust: Trust | None = None, there: int | None = None) -> Manual:
    """there: of how many receipts, the last ones, the documents are in the bundle; None: of all."""
    given = list(receipts)
    paths = layout.document_paths(given)
    kept = paths if there is None else paths[len(paths) - there :]
    return Manual(label, bundle.dumps(given), None if trust is None else trust.to_bytes(), tuple(kept))


def manuals() -> Iterable[Manual]:
    """Receipts of every shape, each with what the text depends on."""
    full, plain = stamped.full(), seal()
    yield manual("full", [full.receipt], full.trust)
    yield manual("full-of-three", [plain.receipts[0], full.receipt, plain.receipts[2]], full.trust)
    for there in (0, 1, 2):
        yield manual(f"documents-{there}", [plain.receipts[0], full.receipt, plain.receipts[2]], full.trust, there)
    yield manual("plain", plain.receipts)
    yield manual("no-trust", [full.receipt])
    yield manual("nothing-trusted", [full.receipt], Trust())
    for size in range(14):
        yield manual(f"log-{size}", seal(entries_before=size).receipts)
    yield from _claims(plain)
    yield from _notes(plain)
    yield from _anchored(plain)
    yield from _tokens(plain)


def _claims(plain: Sealed) -> Iterable[Manual]:
    """Fields: all digests, withheld ones, names of every kind; claims that ended."""
    every = {name: "ab" * size for name, size in DIGEST_SIZES.items()}
    yield manual("digests", seal(fields=every).receipts)
    for place, name in enumerate(NAMES):
        each = [{"name": name, "exhibit": name}, {"name": f"x/{name}"}, {"exhibit": name}]
        yield manual(f"name-{place}", seal(each=each).receipts, None, place % 4)
    yield manual("names", seal([name.encode() for name in NAMES], each=[{"name": name} for name in NAMES]).receipts)
    yield manual("same-names", seal(each=[{"name": "A.txt", "exhibit": one} for one in ("a", "A", "a")]).receipts)
    yield manual("bytes", seal(fields={"name": "a%FF", "name_bytes": "61ff"}).receipts)
    first, *more = plain.receipts
    for hidden in ("name", "size", "sha256", "exhibit"):
        yield manual(f"without-{hidden}", [hide(first, [hidden]), *more])
        yield manual(f"alone-without-{hidden}", [hide(first, [hidden])])
    yield manual("nothing-shown", [show_only(one, []) for one in plain.receipts])
    yield manual("only-digests", [show_only(one, ["sha256"]) for one in plain.receipts])
    for action in (Action.SUPERSEDED, Action.REVOKED):
        yield manual(action.value, [later(plain, first, action=action), *more])


def _notes(plain: Sealed) -> Iterable[Manual]:
    """Checkpoints: signed by others too, by others only, with lines of their own."""
    receipt, state = plain.receipts[0], plain.note.checkpoint
    witness = NoteSignature("witness.example/見證", b"\x01\x02\x03\x04", b"\x05" * 64)
    strange = Checkpoint(state.origin, state.size, state.root, ("```", "it's <b> \u202e", "証"))
    signed = sign(strange, receipt.log.key, KEY.sign)
    for label, note in (
        ("witnessed", SignedCheckpoint(state, (witness, *plain.note.signatures, witness))),
        ("twice", SignedCheckpoint(state, plain.note.signatures * 2)),
        ("unsigned", SignedCheckpoint(state, (witness,))),
        ("extended", SignedCheckpoint(strange, (witness, *signed.signatures))),
    ):
        yield manual(f"note-{label}", [replace(receipt, note=note)])
    yield manual("note-other-key", [replace(receipt, log=replace(receipt.log, key=b"\x07" * 32))])
    yield manual("note-other-origin", [replace(receipt, log=replace(receipt.log, origin="other.example/log"))])
    yield manual(
        "note-other-root", [replace(receipt, note=replace(plain.note, checkpoint=replace(state, root=b"\x11" * 32)))]
    )
    deep = replace(receipt.entry, index=2**52 + 12_345, size=2**53 - 1, path=tuple(bytes([n]) * 32 for n in range(53)))
    yield manual("entry-of-53-bits", [replace(receipt, entry=deep)])
    yield manual("entry-too-deep", [replace(receipt, entry=replace(deep, index=0, size=1))])
    yield manual("entry-of-odd-shape", [replace(receipt, entry=replace(deep, index=2**53 - 3, size=2**53 - 2))])


def _anchored(plain: Sealed) -> Iterable[Manual]:
    """Anchors but for tokens: on one chain and several, of a broken header, on their way, of an unknown kind."""
    block = anchored_block(plain)
    one, other = make_anchor(block, 7, 1), make_anchor(block, 7, 1, chain_id=31337)
    far = make_anchor(anchored_block(plain, number=2**53 - 1), 7, 1, chain_id=2**53 - 1)
    dev = trust_in(block, chain_id=31337, dev=True)
    unknown = UnknownAnchor(b'{"type":"carrier-pigeon"}')
    ots, _ = stamped.ots_anchor(plain.note)
    pending = stamped.pending_anchor(plain.note)
    broken = replace(one, header=b"\xc0")
    for label, anchors, trust in (
        ("chain", (one,), trust_in(block)),
        ("chains", (one, other), dev),
        ("chain-for-development", (other,), dev),
        ("chain-far", (far, one, broken), None),
        ("header-broken", (broken,), None),
        ("ots", (ots,), None),
        ("ots-several", (pending, ots, replace(ots, proof=b"\0")), None),
        ("pending", (PendingAnchor(1, b"\x01" * 20, b"\x02" * 32), PendingAnchor()), None),
        ("unknown", (unknown, one, unknown), None),
    ):
        yield manual(label, [_with(plain, *anchors)], trust)
    yield manual("chain-before-the-log", [replace(made, anchors=(other,)) for made in seal(log_id=None).receipts], dev)


def _tokens(plain: Sealed) -> Iterable[Manual]:
    """Tokens of every kind of signature and hash, of authorities with and without what they need."""
    data = stamped.data_of(plain.note)
    for kind in ("rsa", "rsa-pss", "ecdsa", "ed25519"):
        authority = tsa_chain.chain(kind)
        token = stamped.token_anchor(plain.note, at=tsa_chain.AT, chain=authority)
        lean, whole = authority.trusted(), authority.trusted(certificates=authority.certificates)
        strange = [replace(one, name=name) for one, name in zip((lean, whole, lean), NAMES[:3], strict=True)]
        for label, trusted in (("lean", [lean]), ("whole", [whole]), ("strange", strange), ("none", [])):
            yield manual(f"token-{kind}-{label}", [_with(plain, token)], stamped.trusting(*trusted))
    hashed = [
        stamped.token_anchor(plain.note, chain=tsa_chain.chain(kind), at=tsa_chain.AT, hash_name=name)
        for kind in ("rsa", "rsa-pss")
        for name in ("sha384", "sha512", "sha3_256")
    ]
    yield manual("tokens-hashed", [_with(plain, *hashed)], stamped.trusting(stamped.authority().trusted()))
    weak = stamped.token_anchor(plain.note, hash_name="sha1")
    yield manual("tokens-unreadable", [_with(plain, TimestampAnchor(b"\x30"), weak, TimestampAnchor(data))])


def _with(plain: Sealed, *anchors: Anchor) -> Receipt:
    return replace(plain.receipts[0], anchors=anchors)


def replaced() -> Iterable[tuple[Case, bool]]:
    """Bundles with this or that as REVERIFY.md, and whether it is what the program writes for them."""
    (first, second, third), (one, two, three) = sealed_in_bundle()
    receipts, trust = [second, first, third], stamped.full().trust  # the first of them has every anchor
    good = dict(zip(layout.document_paths(receipts), (two, one, three), strict=True))
    good |= {layout.RECEIPTS: bundle.dumps(receipts), layout.TRUST: trust.to_bytes()}
    text = bundled_text(receipts, good, trust).encode()
    good[layout.MANUAL] = text
    documents = [name for name in good if name.startswith(layout.DOCUMENTS)]

    def case(label: str, is_own: bool, files: Mapping[str, bytes]) -> tuple[Case, bool]:
        return Case(f"manual-{label}", "manual.zip", zipped(listed(files))), is_own

    yield case("own", True, good)
    for label, other in (
        ("empty", b""),
        ("longer", text + b"\n"),
        ("shorter", text[:-1]),
        ("of-windows", text.replace(b"\n", b"\r\n")),
        ("with-mark", b"\xef\xbb\xbf" + text),
        ("not-text", b"\xff" + text),
        ("command", text.replace(b"sha256sum -c --quiet MANIFEST.sha256", b"true")),
        ("digest", text.replace(b"sha256", b"sha512", 1)),
    ):
        yield case(label, False, {**good, layout.MANUAL: other})
    for place in range(0, len(text), len(text) // 40):
        changed = text[:place] + bytes([text[place] ^ 1]) + text[place + 1 :]
        yield case(f"byte-{place}", False, {**good, layout.MANUAL: changed})
    bare = {name: data for name, data in good.items() if name != layout.TRUST}
    for label, more in (
        ("without", {}),
        ("broken", {layout.TRUST: b"[]"}),
        ("other", {layout.TRUST: Trust().to_bytes()}),
    ):
        own = bundled_text(receipts, bare, Trust()).encode()
        yield case(f"{label}-trust", False, {**bare, **more})
        yield case(f"{label}-trust-own", True, {**bare, **more, layout.MANUAL: own})
    fewer = {name: data for name, data in good.items() if name != documents[0]}
    own = bundled_text(receipts, fewer, trust).encode()
    yield case("fewer-documents", False, fewer)
    yield case("fewer-documents-own", True, {**fewer, layout.MANUAL: own})
    yield case("other-order", False, {**good, layout.RECEIPTS: bundle.dumps(receipts[::-1])})
    yield case("no-receipts", False, {name: data for name, data in good.items() if name != layout.RECEIPTS})
    yield case("broken-receipts", False, {**good, layout.RECEIPTS: b"{}"})
    yield case("none", True, {name: data for name, data in good.items() if name != layout.MANUAL})
    odd = seal([name.encode() for name in NAMES], each=[{"name": name, "exhibit": name} for name in NAMES]).receipts
    paths = layout.document_paths(odd)
    files = dict(zip(paths, (name.encode() for name in NAMES), strict=True)) | {layout.RECEIPTS: bundle.dumps(odd)}
    yield case("odd-names-own", True, {**files, layout.MANUAL: bundled_text(odd, files, Trust()).encode()})

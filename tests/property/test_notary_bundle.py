"""A bundle is written from parts of text: they are the bytes of the general writer, and give the same receipts back."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from support.sealed import anchor, anchored_block, later, make_anchor, seal

from notary import jcs
from notary.proofs import bundle
from notary.proofs.receipt import Inclusion, IpfsStorage, Receipt
from notary.sealing.claim import FIELDS
from notary.sealing.commitment import Entry, Hidden, Opening, Shown

SEALED = seal()
RECEIPTS = anchor(SEALED, make_anchor(anchored_block(SEALED), 7, 1))
ALONE = seal([b"alone"], entries_before=0, other_cases=0, signed=False, log_id=None).receipts[0]
DIGESTS = st.binary(min_size=32, max_size=32)
TEXTS = st.text(max_size=40)  # without surrogates, with everything else that JSON escapes or does not


def entries() -> st.SearchStrategy[tuple[Entry, ...]]:
    values = st.one_of(TEXTS, st.integers(0, jcs.MAX_INT))
    shown = st.builds(Shown, st.sampled_from(sorted(FIELDS)), values, DIGESTS)
    return st.lists(st.one_of(shown, st.builds(Hidden, DIGESTS)), max_size=8).map(tuple)


@st.composite
def receipts(draw: st.DrawFn) -> Receipt:
    receipt = draw(st.sampled_from([*RECEIPTS, ALONE]))
    if receipt is not ALONE and draw(st.booleans()):
        receipt = later(SEALED, receipt)
    path = tuple(draw(st.lists(DIGESTS, max_size=5)))
    index = draw(st.integers(0, 2**40))
    receipt = replace(
        receipt,
        opening=Opening(draw(DIGESTS), draw(entries())),
        entry=Inclusion(index, index + draw(st.integers(1, 9)), path),
        storage=draw(st.sampled_from([(), (IpfsStorage("bafy", b"\1" * 32, 1, 1),)])),
    )
    if receipt.custody is None or draw(st.booleans()):
        return replace(receipt, custody=None)
    by = draw(TEXTS.filter(bool))
    return replace(receipt, custody=replace(receipt.custody, entry=replace(receipt.custody.entry, by=by)))


@settings(max_examples=150, deadline=None)
@given(st.lists(receipts(), min_size=1, max_size=6))
def test_a_bundle_is_canonical_and_gives_back_its_receipts(given: list[Receipt]) -> None:
    data = bundle.dumps(given)
    assert bundle.loads(data) == tuple(given)
    value = jcs.loads(data, max_bytes=len(data))
    assert jcs.dumps(value) + b"\n" == data
    # Its parts are those of the single files, byte for byte.
    assert isinstance(value, dict) and isinstance(value["receipts"], list)
    for written, receipt in zip(value["receipts"], given, strict=True):
        single = receipt.to_json()
        assert isinstance(written, dict)
        for name in {"claim", "entry", "standing", "later", "storage"} & single.keys():
            assert jcs.dumps(written[name]) == jcs.dumps(single[name])

"""Run by cold_start.py in the peers' environment: write FILE.ots, a proof that ends in a Bitcoin block, for FILE.

It is what `ots stamp` and `ots upgrade` give in the end, without a calendar server: the block is made up, which an
offline check cannot notice, because it does not look at Bitcoin.
"""

import sys
from pathlib import Path

from opentimestamps.core.notary import BitcoinBlockHeaderAttestation
from opentimestamps.core.op import OpAppend, OpSHA256
from opentimestamps.core.serialize import StreamSerializationContext
from opentimestamps.core.timestamp import DetachedTimestampFile

path = Path(sys.argv[1])
with path.open("rb") as file:
    proof = DetachedTimestampFile.from_fd(OpSHA256(), file)
stamp = proof.timestamp
for depth in range(20):  # as many siblings as a busy calendar's tree has
    stamp = stamp.ops.add(OpAppend(bytes([depth]) * 32)).ops.add(OpSHA256())
stamp.attestations.add(BitcoinBlockHeaderAttestation(800_000))
with Path(f"{path}.ots").open("wb") as file:
    proof.serialize(StreamSerializationContext(file))

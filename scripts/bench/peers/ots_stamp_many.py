"""Run by bulk.py in the peers' environment: what `ots stamp` does with many files before it asks a calendar.

Hash each file, add a nonce, put all into one tree, and write the proofs: into one file when the target ends in .ots,
else one into each document's .ots in that folder. Prints one JSON object with the seconds that it took.
"""

import io
import json
import os
import sys
import time
from pathlib import Path

from opentimestamps.core.notary import PendingAttestation
from opentimestamps.core.op import OpAppend, OpSHA256
from opentimestamps.core.serialize import StreamSerializationContext
from opentimestamps.core.timestamp import DetachedTimestampFile, make_merkle_tree

files, target = Path(sys.argv[1]), Path(sys.argv[2])
start = time.perf_counter()
proofs, roots = [], []
for path in sorted(files.iterdir()):
    with path.open("rb") as file:
        proof = DetachedTimestampFile.from_fd(OpSHA256(), file)
    proofs.append((path.name, proof))
    roots.append(proof.timestamp.ops.add(OpAppend(os.urandom(16))).ops.add(OpSHA256()))
make_merkle_tree(roots).attestations.add(PendingAttestation("https://calendar.example"))
if target.suffix == ".ots":
    with target.open("wb") as file:
        for _, proof in proofs:
            proof.serialize(StreamSerializationContext(file))
else:
    target.mkdir()
    for name, proof in proofs:
        whole = io.BytesIO()
        proof.serialize(StreamSerializationContext(whole))
        (target / f"{name}.ots").write_bytes(whole.getvalue())
print(json.dumps({"seconds": time.perf_counter() - start}))

"""Run by tree.py in the peers' environment: what pymerkle takes for a tree of as many leaves. Prints one JSON object.

Its proofs are timed on 20 runs of neighbouring leaves, 2 % of all, and scaled: all of them take minutes. Neighbours are
its best case (random leaves take half as long again).
"""

import json
import sys
import time

import pymerkle

count, wants_proofs = int(sys.argv[1]), sys.argv[2] == "proofs"
entries = [b'{"c":"%064x","t":"claim"}' % i for i in range(count)]
start = time.perf_counter()
tree = pymerkle.InmemoryTree(algorithm="sha256")
tree.append_entries(entries)
root = tree.get_root()
build = time.perf_counter() - start

run = count // 1000
leaves = [first + i for first in range(1, count + 1, count // 20) for i in range(run)] if wants_proofs else []
start = time.perf_counter()
for leaf in leaves:
    tree.prove_inclusion(leaf)
proofs = (time.perf_counter() - start) * count / max(1, len(leaves))
print(json.dumps({"root": root.hex(), "build": build, "proofs": proofs}))

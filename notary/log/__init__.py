"""One append-only log: leaves, tiles, checkpoints, case heads, its keys, audit, recovery and succession."""

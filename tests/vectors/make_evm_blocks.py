"""Write tests/vectors/evm/*.json: raw blocks of each kind of chain, made with the `rlp` and `trie` packages.

    python tests/vectors/make_evm_blocks.py            writes them
    python tests/vectors/make_evm_blocks.py --check    compares

The two files named recorded_*.json are real blocks, copied from public repositories; their own hash is what shows
that they were copied right.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.evmblocks import FORKS, MadeBlock, Tx, fork, make_block

FOLDER = Path(__file__).with_name("evm")
ARBITRUM_TYPES = (0x64, 0x65, 0x66, 0x68, 0x69, 0x6A, 0x78)
DEPOSIT = 0x7E


def blocks() -> dict[str, MadeBlock]:
    """All made blocks by file name."""
    made = {
        "ethereum": make_block("every type of transaction", 1, [Tx(kind) for kind in (0, 1, 2, 3, 4)], fork("prague")),
        "op_canyon": make_block(
            "OP stack since Canyon: deposits with nonce and receipt version",
            10,
            [Tx(DEPOSIT, canyon(7), head=False), Tx(DEPOSIT, canyon(0)), Tx(2), Tx(0), Tx(4)],
            {**fork("prague"), "extraData": bytes.fromhex("00000000fa00000006")},
        ),
        "op_regolith": make_block(
            "OP stack before Canyon: the receipts of deposits have the nonce alone",
            10,
            [Tx(DEPOSIT, {"depositNonce": 300}), Tx(2)],
            fork("london"),
        ),
        "arbitrum": _arbitrum(),
        "zksync": make_block(
            "zkSync Era: receiptsRoot is zero, there is no trie",
            324,
            [Tx(0x71), Tx(2)],
            fork("london"),
            receipts_root=bytes(32),
        ),
    }
    for name in FORKS:
        made[f"fork_{name}"] = make_block(f"header since {name}", 1, [Tx(0), Tx(0)], fork(name))
    return made


def canyon(nonce: int) -> dict[str, int]:
    """What a deposit's receipt has more since Canyon."""
    return {"depositNonce": nonce, "depositReceiptVersion": 1}


def _arbitrum() -> MadeBlock:
    sends, count, l1_block, arbos = b"\x41" * 32, 123, 20_000_000, 32
    mix = count.to_bytes(8, "big") + l1_block.to_bytes(8, "big") + arbos.to_bytes(8, "big") + bytes(8)
    fields = {**fork("london"), "difficulty": 1, "extraData": sends, "mixHash": mix, "gasLimit": 2**50}
    shown = {"sendRoot": "0x" + sends.hex(), "sendCount": hex(count), "l1BlockNumber": hex(l1_block)}
    gas = {"gasUsedForL1": "0x5", "l1BlockNumber": hex(l1_block)}
    txs = [Tx(0x6A, shown=gas, head=False), *(Tx(kind, shown=gas) for kind in (*ARBITRUM_TYPES, 0, 2))]
    return make_block(
        "Arbitrum: its own types, and a header that it fills its own way", 42161, txs, fields, shown=shown
    )


def main() -> int:
    """0, or 1 when a file differs."""
    differ = []
    for name, made in blocks().items():
        path, text = FOLDER / f"{name}.json", json.dumps(made.to_json(), indent=1) + "\n"
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            differ.append(name)
    if differ:
        sys.stderr.write(f"differ from what the script makes: {', '.join(differ)}\n")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())

"""Generated ABI and bytecode: read from the wheel's `onchain/abi` or from the checkout's `contracts/abi`.

Written by `compile.py` only.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from onchain.errors import ArtifactMissing

AbiEntry = dict[str, object]

_PACKAGE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Artifact:
    """What the compiler made of one contract.

    abi                JSON ABI, as the compiler wrote it
    bytecode           creation code, without constructor arguments
    deployed_bytecode  runtime code with immutables as zeros
    immutables         (start, length) of each place in the runtime code that the constructor fills
    compiler           the compiler's version, e.g. "0.8.37+commit.…"
    settings_hash      SHA-256 over the compiler settings
    sources_hash       SHA-256 over the names and contents of all sources that went in
    """

    name: str
    source: str
    abi: tuple[AbiEntry, ...]
    bytecode: bytes
    deployed_bytecode: bytes
    immutables: tuple[tuple[int, int], ...]
    compiler: str
    settings_hash: str
    sources_hash: str

    def to_json(self) -> str:
        """The committed form: sorted keys, one ABI entry a line, a newline at the end."""
        head = {
            "contract": self.name,
            "source": self.source,
            "compiler": self.compiler,
            "settings": self.settings_hash,
            "sources": self.sources_hash,
            "immutables": [list(place) for place in self.immutables],
            "bytecode": "0x" + self.bytecode.hex(),
            "deployedBytecode": "0x" + self.deployed_bytecode.hex(),
        }
        lines = [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
        entries = ",\n".join("    " + json.dumps(entry, sort_keys=True) for entry in self.abi)
        lines.append('  "abi": [\n' + entries + "\n  ]" if self.abi else '  "abi": []')
        return "{\n" + ",\n".join(lines) + "\n}\n"

    @classmethod
    def from_json(cls, text: str) -> Artifact:
        """Read the committed form. The file is ours; a broken one raises ValueError or KeyError."""
        data = json.loads(text)
        return cls(
            name=data["contract"],
            source=data["source"],
            abi=tuple(data["abi"]),
            bytecode=bytes.fromhex(data["bytecode"][2:]),
            deployed_bytecode=bytes.fromhex(data["deployedBytecode"][2:]),
            immutables=tuple((start, length) for start, length in data["immutables"]),
            compiler=data["compiler"],
            settings_hash=data["settings"],
            sources_hash=data["sources"],
        )


def abi_directories() -> tuple[Path, ...]:
    """Where generated files lie: in the wheel beside this file, in a checkout one folder up; test contracts last."""
    bases = [path for path in (_PACKAGE / "abi", _PACKAGE.parent / "abi") if path.is_dir()]
    return tuple(bases[:1] + [base / "testing" for base in bases[:1]])


@lru_cache(maxsize=64)
def load(name: str) -> Artifact:
    """The artifact of contract `name` (letters and digits). Raises ArtifactMissing."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,63}", name):
        raise ArtifactMissing(name)
    for directory in abi_directories():
        path = directory / f"{name}.json"
        if path.is_file():
            return Artifact.from_json(path.read_text(encoding="utf-8"))
    raise ArtifactMissing(name)


def names(*, testing: bool = False) -> tuple[str, ...]:
    """Names of all shipped contracts, sorted; with `testing` those of the test contracts instead."""
    directories = abi_directories()
    if not directories:
        return ()
    return tuple(sorted(path.stem for path in directories[1 if testing else 0].glob("*.json")))

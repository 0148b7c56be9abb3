"""Solidity sources to `contracts/abi/*.json`.

`python -m onchain.compile` writes, `--check` compares and exits 1 on a difference.

py-solc-x drives the pinned compiler through the wrapper `contracts/solcw.cjs`; the settings are those of
`contracts/foundry.toml`, so forge's tests run on the same code. One file per deployable contract, which is: one that
lies in `src/<area>/` itself and has the name of its file. Those of `src/testing/` go to `abi/testing/`. Only a
checkout can compile; users of the wheel need no compiler.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from onchain.artifacts import Artifact
from onchain.errors import CompileFailed

AREAS = ("notary", "settlement", "testing")
WRAPPER = "solcw.cjs"
OUTPUTS = [
    "abi",
    "evm.bytecode.object",
    "evm.deployedBytecode.object",
    "evm.deployedBytecode.immutableReferences",
    "metadata",
]


def checkout_root() -> Path:
    """The checkout's `contracts` folder. Raises CompileFailed where this package was installed from a wheel."""
    root = Path(__file__).resolve().parent.parent
    if not (root / "foundry.toml").is_file():
        raise CompileFailed("the sources are not here: compiling needs a checkout")
    return root


def compile_all(root: Path) -> dict[str, Artifact]:
    """Compile everything below `root`/src; artifacts by name, e.g.

    "EvidenceLog" or "testing/DemoToken". Raises CompileFailed.
    """
    wrapper = root / WRAPPER
    if not wrapper.is_file() or not (root / "node_modules" / "solc").is_dir():
        raise CompileFailed(f"{WRAPPER} or the npm package solc is missing")
    settings = compiler_settings(root)
    sources = {
        path.relative_to(root).as_posix(): {"content": path.read_text(encoding="utf-8")}
        for path in sorted((root / "src").rglob("*.sol"))
    }
    output = _run(wrapper, root, {"language": "Solidity", "sources": sources, "settings": settings})
    settings_hash = _hash_json({key: value for key, value in settings.items() if key != "outputSelection"})
    artifacts: dict[str, Artifact] = {}
    for area in AREAS:
        for path in sorted((root / "src" / area).glob("*.sol")):
            source, name = path.relative_to(root).as_posix(), path.stem
            compiled = output["contracts"].get(source, {}).get(name)
            if compiled is None:
                raise CompileFailed(f"{source} defines no contract {name}")
            prefix = "testing/" if area == "testing" else ""
            artifacts[prefix + name] = _artifact(name, source, compiled, settings_hash)
    return artifacts


def compiler_settings(root: Path) -> dict[str, Any]:
    """Settings for the compiler's standard JSON, from foundry.toml. Raises CompileFailed."""
    try:
        profile = tomllib.loads((root / "foundry.toml").read_text(encoding="utf-8"))["profile"]["default"]
        return {
            "remappings": profile["remappings"],
            "optimizer": {"enabled": profile["optimizer"], "runs": profile["optimizer_runs"]},
            "viaIR": profile["via_ir"],
            "evmVersion": profile["evm_version"],
            "metadata": {"bytecodeHash": profile["bytecode_hash"], "appendCBOR": profile["cbor_metadata"]},
            "outputSelection": {"*": {"*": OUTPUTS}},
        }
    except (OSError, ValueError, KeyError) as exc:
        raise CompileFailed(f"foundry.toml: {type(exc).__name__} {exc}") from exc


def _run(wrapper: Path, root: Path, request: Mapping[str, Any]) -> dict[str, Any]:
    import solcx
    from solcx.exceptions import SolcError

    try:
        output: dict[str, Any] = solcx.compile_standard(
            dict(request), base_path=root.as_posix(), solc_binary=wrapper.as_posix()
        )
    except SolcError as exc:
        raise CompileFailed(str(exc.message if hasattr(exc, "message") else exc)) from exc
    except (OSError, ValueError) as exc:
        raise CompileFailed(f"the compiler did not run: {exc}") from exc
    warnings = [error["formattedMessage"] for error in output.get("errors", ()) if _is_ours(error)]
    if warnings:
        raise CompileFailed("warnings about our own sources count as errors:\n" + "\n".join(warnings))
    return output


def _is_ours(error: Mapping[str, Any]) -> bool:
    location = error.get("sourceLocation") or {}
    return error["severity"] == "warning" and not str(location.get("file", "")).startswith("node_modules/")


def _artifact(name: str, source: str, compiled: Mapping[str, Any], settings_hash: str) -> Artifact:
    metadata = json.loads(compiled["metadata"])
    deployed = compiled["evm"]["deployedBytecode"]
    bytecode = compiled["evm"]["bytecode"]["object"]
    if not bytecode:
        raise CompileFailed(f"{source}: {name} is abstract")
    if "__$" in bytecode:
        raise CompileFailed(f"{source}: {name} needs a linked library")
    places = [(p["start"], p["length"]) for refs in deployed.get("immutableReferences", {}).values() for p in refs]
    return Artifact(
        name=name,
        source=source,
        abi=tuple(compiled["abi"]),
        bytecode=bytes.fromhex(bytecode),
        deployed_bytecode=bytes.fromhex(deployed["object"]),
        immutables=tuple(sorted(places)),
        compiler=metadata["compiler"]["version"],
        settings_hash=settings_hash,
        sources_hash=_hash_json({key: value["keccak256"] for key, value in metadata["sources"].items()}),
    )


def _hash_json(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode("utf-8")).hexdigest()


def differences(artifacts: Mapping[str, Artifact], abi_dir: Path) -> list[str]:
    """What `abi_dir` has otherwise than `artifacts` would write: one line each, sorted; empty when all is the same."""
    wanted = {f"{name}.json": artifact.to_json() for name, artifact in artifacts.items()}
    found = {path.relative_to(abi_dir).as_posix(): path for path in abi_dir.rglob("*.json")}
    lines = [f"{name}: not there" for name in wanted.keys() - found.keys()]
    lines += [f"{name}: belongs to no contract" for name in found.keys() - wanted.keys()]
    for name in wanted.keys() & found.keys():
        if found[name].read_text(encoding="utf-8") != wanted[name]:
            lines.append(f"{name}: differs from what the sources give")
    return sorted(lines)


def write(artifacts: Mapping[str, Artifact], abi_dir: Path) -> None:
    """Make `abi_dir` exactly what `artifacts` say; files of contracts that are gone are removed."""
    wanted = {f"{name}.json": artifact.to_json() for name, artifact in artifacts.items()}
    for path in sorted(abi_dir.rglob("*.json")):
        if path.relative_to(abi_dir).as_posix() not in wanted:
            path.unlink()
    for name, text in sorted(wanted.items()):
        path = abi_dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)


def main(argv: Sequence[str] | None = None) -> int:
    """The command: 0 done or equal, 1 different (with --check), 2 not compiled."""
    parser = argparse.ArgumentParser(
        prog="python -m onchain.compile", description="Generate contracts/abi from the sources."
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when contracts/abi differs")
    options = parser.parse_args(argv)
    try:
        root = checkout_root()
        artifacts = compile_all(root)
    except CompileFailed as exc:
        sys.stderr.write(f"{exc}\n{exc.hint}\n")
        return 2
    if not options.check:
        write(artifacts, root / "abi")
        sys.stdout.write(f"{len(artifacts)} contracts compiled into contracts/abi\n")
        return 0
    lines = differences(artifacts, root / "abi")
    for line in lines:
        sys.stdout.write(f"contracts/abi/{line}\n")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())

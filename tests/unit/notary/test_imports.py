from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from support.sealed import sample, trust_in
from support.stamped import full

from notary.errors import NotaryError

SCRIPT = """
import sys, hashlib
from pathlib import Path
from notary.verdicts.verify import verify_bytes, DocumentDigests
from notary.verdicts.trust import Trust
folder = Path(sys.argv[1])
document = (folder / "document").read_bytes()
digests = DocumentDigests(len(document), {"sha256": hashlib.sha256(document).digest()})
trust = Trust.from_bytes((folder / "trust").read_bytes())
print(verify_bytes((folder / "receipt").read_bytes(), digests, trust).status)
print(*sorted({name.split(".")[0] for name in sys.modules}))
"""
HEAVY = {"web3", "eth_account", "eth_abi", "sqlalchemy", "dbos", "httpx", "pydantic", "onchain"}
HEAVY |= {"rfc8785", "trie", "rlp", "cffi", "asyncio", "requests"}


def test_a_whole_verification_loads_nothing_heavy(tmp_path: Path) -> None:
    document, receipt, block = sample()
    (tmp_path / "document").write_bytes(document)
    (tmp_path / "receipt").write_bytes(receipt.to_bytes())
    (tmp_path / "trust").write_bytes(trust_in(block).to_bytes())
    run = subprocess.run([sys.executable, "-c", SCRIPT, str(tmp_path)], capture_output=True, text=True, check=True)
    status, modules = run.stdout.splitlines()
    assert status == "PASSED"
    assert not HEAVY & set(modules.split())


LAZY = {
    "notary.timestamps.tsp_read",
    "notary.timestamps.tsp_signature",
    "notary.timestamps.tsp_path",
    "notary.timestamps.tsp_ber",
    "notary.timestamps.ots",
    "notary.timestamps.bitcoin",
}
LAZY |= {"asn1crypto", "cryptography.x509", "notary.custody.signature_chain"}


def test_what_reads_time_stamps_is_loaded_only_where_there_is_one(tmp_path: Path) -> None:
    document, receipt, block = sample()
    (tmp_path / "document").write_bytes(document)
    (tmp_path / "receipt").write_bytes(receipt.to_bytes())
    (tmp_path / "trust").write_bytes(trust_in(block).to_bytes())
    script = SCRIPT + "print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True)
    assert not LAZY & set(run.stdout.splitlines()[-1].split())
    whole = full()
    (tmp_path / "document").write_bytes(whole.document)
    (tmp_path / "receipt").write_bytes(whole.receipt.to_bytes())
    (tmp_path / "trust").write_bytes(whole.trust.to_bytes())
    run = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[0] == "PASSED"
    assert LAZY - {"notary.custody.signature_chain"} <= set(run.stdout.splitlines()[-1].split())


def test_importing_the_verifier_loads_no_package_at_all() -> None:
    script = "import sys; before = set(sys.modules); import notary.verdicts.verify; print(*(set(sys.modules) - before))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    foreign = {name.split(".")[0] for name in run.stdout.split()} - set(sys.stdlib_module_names) - {"notary"}
    assert foreign == set()


def test_every_error_has_a_code_of_its_own_and_a_hint() -> None:
    def walk(error: type[NotaryError]) -> list[type[NotaryError]]:
        return [error, *(deeper for child in error.__subclasses__() for deeper in walk(child))]

    ours = [error for error in walk(NotaryError) if error.__module__ == "notary.errors"]
    assert len({error.code for error in ours}) == len(ours) > 10
    assert all(error.code.startswith("notary.") for error in ours)
    assert [error.__name__ for error in ours if not error.hint] == ["NotaryError"]

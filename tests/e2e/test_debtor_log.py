"""The debtor keeps a log of their own with the same program; nobody has to believe the creditor's."""

from __future__ import annotations

import shutil
from pathlib import Path

from support.portalworld import deployed_workspace, tallystick


def test_both_parties_seal_the_same_paper_and_each_checks_the_others_receipt_alone(tmp_path: Path) -> None:
    receipts: dict[str, Path] = {}
    for party in ("creditor", "debtor"):
        home = tmp_path / party
        (home / "papers").mkdir(parents=True)
        (home / "papers" / "invoice.pdf").write_bytes(b"invoice 17: 12,000.00")
        if party == "debtor":
            (home / "papers" / "transfer.pdf").write_bytes(b"paid 1,000.00 on 2026-10-01")
        with deployed_workspace(home / "w"):
            tallystick("case", "new", "pumps", workspace=home / "w")
            tallystick("seal", "pumps", home / "papers", "--captured-by", party, workspace=home / "w")
            tallystick("anchor", "--wait", "--trust-file", home / "trust.json", workspace=home / "w")
            tallystick("receipts", "export", "pumps", "--to", home / "receipts", workspace=home / "w")
        receipts[party] = home / "receipts"
        shutil.rmtree(home / "w")  # a receipt needs nothing of its maker's any more
    for party, other in (("creditor", "debtor"), ("debtor", "creditor")):
        papers, trust = tmp_path / party / "papers", tmp_path / other / "trust.json"
        given = receipts[other] / "invoice.pdf.receipt.json"
        said = tallystick("verify", papers / "invoice.pdf", "--receipt", given, "--trust", trust).json["results"][0]
        assert said["status"] == "PASSED"
    transfer = tmp_path / "debtor/papers/transfer.pdf"
    said = tallystick(
        "verify", transfer, "--receipt", receipts["debtor"], "--trust", tmp_path / "debtor/trust.json"
    ).json["results"][0]
    assert said["status"] == "PASSED"

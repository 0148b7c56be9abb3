"""What `tallystick verify` says of the bundles among the vectors, by a machine without fonts and at a fixed time."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any
from unittest.mock import patch

from support.bundle_vectors import NOW, PAGE
from support.portalworld import tallystick

from notary.report.fonts import Fonts


def judged_bundle(data: bytes, suffix: str, trust: bytes | None) -> dict[str, Any]:
    """Status, contents digest and [file, status, reason] of each result, sorted; or the fault of a zip that is refused.

    suffix  of the file: .zip or .pdf
    """
    with tempfile.TemporaryDirectory() as name:
        file, known = Path(name, f"f{suffix}"), Path(name, "trust.json")
        file.write_bytes(data)
        known.write_bytes(trust or b"")
        trusting = ["--trust", known] if trust is not None else []
        with (
            patch("portal.fonts.report_fonts", lambda languages: Fonts.find([Path(name)], languages)),
            patch("portal.reading.installed_page", lambda: PAGE),
            patch("portal.clock.now", lambda: NOW),
        ):
            said = tallystick("verify", file, *trusting, expect=None).json
    if "error" in said:
        refused = re.search(r"\((zip-[a-z-]+)\)$", said["error"]["message"])
        assert refused is not None and said["error"]["code"] == "notary.bundle-invalid", said
        return {"status": None, "fault": refused[1], "contents_sha256": None, "results": []}
    results = [[_named(one["document"], name), one["status"], one["reason"]] for one in said["results"]]
    found = {"status": said["status"], "fault": None, "contents_sha256": said.get("contents_sha256")}
    return {**found, "results": sorted(results, key=str)}


def _named(document: str | None, folder: str) -> str | None:
    """The file in the bundle, or the name that a receipt shows; of the bundle itself nothing."""
    return None if document is None or folder in document else document

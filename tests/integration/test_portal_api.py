"""The HTTP API, over a real server on loopback."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from support.portalworld import deployed_workspace, finalise, program, tallystick
from support.signing import UNRECORDED

from notary.log import log_audit
from notary.log.checkpoint import SignedCheckpoint
from notary.log.log_source import open_tree
from notary.log.tiles import decode_bundle
from notary.proofs.receipt import Receipt
from notary.verdicts.reasons import LOCALES, words


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a workspace in which a case is sealed and anchored and a plan is open."""
    folder = tmp_path_factory.mktemp("api")
    files = folder / "files"
    files.mkdir()
    (files / "contract.txt").write_text("I owe you 1200.\n")
    (files / "empty").write_bytes(b"")
    with deployed_workspace(folder / "w") as workspace:
        tallystick("case", "new", "smith", "--title", "Pumps", "--party", "Li", workspace=workspace)
        tallystick("seal", "smith", files, workspace=workspace)
        (folder / "more.txt").write_text("three digests")
        tallystick("case", "new", "digests", workspace=workspace)
        further = ("--digest", "sha3_512", "--digest", "sm3")
        tallystick("seal", "digests", folder / "more.txt", *further, workspace=workspace)
        tallystick("anchor", "--wait", "--trust-file", folder / "trust.json", workspace=workspace)
        draft = (
            *("plan", "draft", "p1", "--debtor", "debtor", "--creditor", "creditor", "--token", "test"),
            *("--total", "1200", "--installments", "12", "--first-due", "2099-01-31"),
        )
        tallystick(*draft, workspace=workspace)
        for key in ("debtor", "creditor"):
            tallystick("plan", "sign", "p1", "--key", key, workspace=workspace)
        tallystick("plan", "open", "p1", *UNRECORDED, workspace=workspace)
        tallystick("plan", "pay", "p1", "--key", "friend", "--amount", "60.5", workspace=workspace)
        finalise(workspace)
        tallystick("keeper", "once", workspace=workspace)
        yield folder


@contextmanager
def serving(workspace: Path, *options: str) -> Iterator[httpx.Client]:
    process = program("serve", "--port", "0", *options, "--json", "--workspace", workspace)
    try:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        with httpx.Client(base_url=url, timeout=20) as client:
            yield client
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
    assert process.returncode == 0


@pytest.fixture(scope="module")
def client(place: Path) -> Iterator[httpx.Client]:
    with serving(place / "w") as client:
        yield client


def claim_id(client: httpx.Client, name: str) -> int:
    page = client.get("/v1/cases/smith").json()["page"]
    return next(claim["id"] for claim in page if claim["name"] == name)


def is_problem(answer: httpx.Response, status: int, code: str) -> bool:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert set(body) == {"type", "title", "status", "detail", "code", "hint"}
    assert (body["status"], body["code"]) == (status, code)
    return True


class TestService:
    def test_health_and_readiness(self, client: httpx.Client) -> None:
        assert client.get("/healthz").json()["status"] == "ok"
        assert client.get("/readyz").json() == {"status": "ok", "log": "open", "log_size": 5}

    def test_openapi_describes_every_route(self, client: httpx.Client) -> None:
        paths = set(client.get("/openapi.json").json()["paths"])
        assert paths == {
            *("/healthz", "/readyz", "/v1/verify", "/v1/receipts/{claim_id}", "/v1/log/checkpoint"),
            *(
                "/v1/log/tile/{path}",
                "/v1/log/case-heads/{index}.json",
                "/v1/cases",
                "/v1/cases/{case_id}",
                "/v1/plans",
                "/v1/plans/{name}",
            ),
        }

    def test_a_path_or_method_that_is_not_there_is_a_problem(self, client: httpx.Client) -> None:
        assert is_problem(client.get("/v1/nothing"), 404, "portal.route-unknown")
        assert is_problem(client.get("/v1/verify"), 405, "portal.method-unknown")

    def test_another_host_name_is_refused_so_that_no_web_page_reaches_it(self, client: httpx.Client) -> None:
        assert is_problem(client.get("/v1/cases", headers={"Host": "evil.example"}), 400, "portal.body-invalid")
        assert client.get("/v1/cases", headers={"Host": "localhost:1"}).status_code == 200


class TestVerify:
    def receipt(self, client: httpx.Client, name: str = "contract.txt") -> bytes:
        return client.get(f"/v1/receipts/{claim_id(client, name)}").content

    def test_a_document_with_its_receipt_and_own_trust_passes(self, client: httpx.Client, place: Path) -> None:
        files = {
            "document": (place / "files" / "contract.txt").read_bytes(),
            "receipt": self.receipt(client),
            "trust": (place / "trust.json").read_bytes(),
        }
        verdict = client.post("/v1/verify", files=files).json()
        assert (verdict["status"], verdict["reason"]) == ("PASSED", "dev-chain")
        assert [check["status"] for check in verdict["checks"][:8]] == ["PASSED"] * 8
        assert verdict["not_proven"]

    def test_the_verdict_is_the_command_lines(self, client: httpx.Client, place: Path) -> None:
        receipt, document = place / "one.json", place / "files" / "contract.txt"
        receipt.write_bytes(self.receipt(client))
        said = tallystick("verify", document, "--receipt", receipt, "--trust", place / "trust.json")
        files = {name: path.read_bytes() for name, path in (("document", document), ("receipt", receipt))}
        files["trust"] = (place / "trust.json").read_bytes()
        verdict = client.post("/v1/verify", files=files).json()
        assert verdict.pop("not_proven")
        assert verdict == said.json["results"][0]["verdict"]

    @pytest.mark.parametrize("locale", LOCALES)
    def test_the_sentences_are_in_the_language_asked_for(self, client: httpx.Client, place: Path, locale: str) -> None:
        receipt, document = place / "one.json", place / "files" / "contract.txt"
        receipt.write_bytes(self.receipt(client))
        said = tallystick("verify", document, "--receipt", receipt, "--locale", locale, expect=(3,))
        files = {name: path.read_bytes() for name, path in (("document", document), ("receipt", receipt))}
        verdict = client.post("/v1/verify", params={"locale": locale}, files=files).json()
        assert verdict.pop("not_proven") == words(locale).not_proven
        assert verdict == said.json["results"][0]["verdict"]

    def test_a_language_that_there_is_not_is_a_problem(self, client: httpx.Client) -> None:
        answer = client.post("/v1/verify", params={"locale": "tlh"}, files={"receipt": self.receipt(client)})
        assert is_problem(answer, 400, "portal.body-invalid")

    def test_further_digests_are_checked_whichever_part_comes_first(self, client: httpx.Client) -> None:
        (claim,) = client.get("/v1/cases/digests").json()["page"]
        receipt = ("receipt", client.get(f"/v1/receipts/{claim['id']}").content)
        for document, status in ((b"three digests", "PASSED"), (b"three digestz", "FAILED")):
            for parts in ([receipt, ("document", document)], [("document", document), receipt]):
                checks = client.post("/v1/verify", files=parts).json()["checks"]
                assert checks[1]["status"] == status
        assert (
            "sm3"
            in client.post("/v1/verify", files=[receipt, ("document", b"three digests")]).json()["checks"][1]["detail"]
        )

    def test_without_trust_it_is_indeterminate(self, client: httpx.Client, place: Path) -> None:
        files = {"receipt": self.receipt(client), "document": (place / "files" / "contract.txt").read_bytes()}
        verdict = client.post("/v1/verify", files=files).json()
        assert (verdict["status"], verdict["reason"]) == ("INDETERMINATE", "block-hash-unconfirmed")

    def test_one_changed_byte_fails(self, client: httpx.Client, place: Path) -> None:
        files = {
            "receipt": self.receipt(client),
            "document": b"I owe you 1300.\n",
            "trust": (place / "trust.json").read_bytes(),
        }
        verdict = client.post("/v1/verify", files=files).json()
        assert (verdict["status"], verdict["reason"]) == ("FAILED", "digest-differs")

    def test_an_empty_document_is_a_document(self, client: httpx.Client, place: Path) -> None:
        files = {
            "receipt": self.receipt(client, "empty"),
            "document": b"",
            "trust": (place / "trust.json").read_bytes(),
        }
        assert client.post("/v1/verify", files=files).json()["status"] == "PASSED"

    def test_a_receipt_alone_is_indeterminate(self, client: httpx.Client) -> None:
        verdict = client.post("/v1/verify", files={"receipt": self.receipt(client)}).json()
        assert (verdict["status"], verdict["reason"]) == ("INDETERMINATE", "no-document")

    def test_another_hash_for_the_block_fails(self, client: httpx.Client, place: Path) -> None:
        receipt = self.receipt(client)
        number = json.loads(receipt)["anchors"][0]["block_number"]
        files = {"receipt": receipt, "document": (place / "files" / "contract.txt").read_bytes()}
        verdict = client.post("/v1/verify", files=files, data={"block": f"31337:{number}:0x{'ab' * 32}"}).json()
        assert (verdict["status"], verdict["reason"]) == ("FAILED", "block-hash-differs")

    @pytest.mark.parametrize("receipt", [b"", b"{", b"null", b'{"format":"tallystick/receipt","version":1}'])
    def test_a_receipt_that_does_not_parse_fails_the_first_check(self, client: httpx.Client, receipt: bytes) -> None:
        verdict = client.post("/v1/verify", files={"receipt": receipt}).json()
        assert (verdict["status"], verdict["checks"][0]["status"]) == ("FAILED", "FAILED")

    def test_the_largest_receipt_is_read_and_one_byte_more_is_refused(self, client: httpx.Client) -> None:
        allowed = 1024 * 1024
        assert client.post("/v1/verify", files={"receipt": b" " * allowed}).status_code == 200
        refused = client.post("/v1/verify", files={"receipt": b" " * (allowed + 1)})
        assert is_problem(refused, 413, "portal.body-too-large")

    @pytest.mark.parametrize(
        ("files", "says"),
        [
            ({"document": b"x"}, "receipt"),
            ({"receipt": b"{}", "other": b"x"}, "other"),
            ([("receipt", b"{}"), ("receipt", b"{}")], "twice"),
            ([("receipt", b"{}"), *[("block", b"1:1:0x00")] * 65], "64"),
        ],
    )
    def test_other_parts_than_the_documented_ones_are_refused(
        self, client: httpx.Client, files: object, says: str
    ) -> None:
        refused = client.post("/v1/verify", files=files)  # type: ignore[arg-type]  # httpx takes lists of pairs
        assert is_problem(refused, 400, "portal.body-invalid")
        assert says in refused.json()["detail"]

    @pytest.mark.parametrize(
        "content_type", ["application/json", "multipart/form-data", "multipart/form-data; boundary="]
    )
    def test_another_kind_of_body_is_refused(self, client: httpx.Client, content_type: str) -> None:
        refused = client.post("/v1/verify", content=b"{}", headers={"Content-Type": content_type})
        assert is_problem(refused, 400, "portal.body-invalid")

    def test_a_body_that_ends_in_the_middle_is_refused(self, client: httpx.Client) -> None:
        body = b'--x\r\nContent-Disposition: form-data; name="receipt"\r\n\r\n{}'
        headers = {"Content-Type": "multipart/form-data; boundary=x"}
        assert is_problem(client.post("/v1/verify", content=body, headers=headers), 400, "portal.body-invalid")

    def test_a_trust_file_that_is_none_is_refused(self, client: httpx.Client) -> None:
        refused = client.post("/v1/verify", files={"receipt": b"{}", "trust": b"{}"})
        assert is_problem(refused, 400, "notary.trust-invalid")

    def test_a_large_document_is_hashed_as_it_streams_and_nowhere_kept(self, place: Path) -> None:
        size, piece = 192 * 1024 * 1024, b"\0" * (1024 * 1024)
        head = b'--x\r\nContent-Disposition: form-data; name="receipt"\r\n\r\n{}\r\n--x\r\n'
        head += b'Content-Disposition: form-data; name="document"; filename="big"\r\n\r\n'

        def body() -> Iterator[bytes]:
            yield head
            for _ in range(size // len(piece)):
                yield piece
            yield b"\r\n--x--\r\n"

        process = program("serve", "--port", "0", "--json", "--workspace", place / "w")
        try:
            assert process.stdout is not None
            url = json.loads(process.stdout.readline())["url"]
            with httpx.Client(base_url=url, timeout=120) as client:
                client.get("/healthz")
                before = _peak_memory(process.pid)
                headers = {"Content-Type": "multipart/form-data; boundary=x"}
                assert client.post("/v1/verify", content=body(), headers=headers).status_code == 200
                grown = _peak_memory(process.pid) - before
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=20)
        assert grown < 32 * 1024 * 1024


class TestLog:
    def test_a_receipt_is_the_one_that_export_writes(self, client: httpx.Client, place: Path) -> None:
        tallystick("receipts", "export", "smith", "--to", place / "receipts", workspace=place / "w")
        answer = client.get(f"/v1/receipts/{claim_id(client, 'contract.txt')}")
        assert answer.headers["content-type"] == "application/json"
        assert answer.content == (place / "receipts" / "contract.txt.receipt.json").read_bytes()
        assert Receipt.from_bytes(answer.content).shown()["name"] == "contract.txt"

    def test_checkpoint_and_tiles_are_those_of_the_log(self, client: httpx.Client) -> None:
        note = SignedCheckpoint.from_text(client.get("/v1/log/checkpoint").text)
        assert note.checkpoint.size == 5
        assert len(client.get("/v1/log/tile/0/000.p/5").content) == 5 * 32
        assert len(decode_bundle(client.get("/v1/log/tile/entries/000.p/5").content)) == 5

    def test_a_stranger_audits_the_served_log(self, client: httpx.Client) -> None:
        done = log_audit.audit(open_tree(f"{client.base_url}/v1/log"), key=None, chain=None)
        found = {finding.name: finding.status.value for finding in done.findings}
        assert (done.size, found["entries"], found["cases"]) == (5, "PASSED", "PASSED")
        assert client.get("/v1/log/case-heads/0.json").status_code == 404

    @pytest.mark.parametrize("path", ["0/000.p/6", "0/001", "0/000", "7/000", "entries/000.p/0", "0/0", "../secret"])
    def test_a_tile_that_is_not_there_is_not_found(self, client: httpx.Client, path: str) -> None:
        assert client.get(f"/v1/log/tile/{path}").status_code == 404

    @pytest.mark.parametrize(
        ("claim", "status"), [("999999", 404), ("0", 400), ("-1", 400), ("x", 400), (str(2**63), 400)]
    )
    def test_a_receipt_that_is_not_there_is_a_problem(self, client: httpx.Client, claim: str, status: int) -> None:
        answer = client.get(f"/v1/receipts/{claim}")
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"


class TestCases:
    def test_cases_are_listed_and_paged(self, client: httpx.Client) -> None:
        case = {case["case"]: case for case in client.get("/v1/cases").json()}["smith"]
        assert (case["case"], case["title"], case["parties"], case["exhibits"]) == ("smith", "Pumps", ["Li"], 2)
        first = client.get("/v1/cases/smith", params={"limit": 1}).json()
        assert (len(first["page"]), first["next"]) == (1, 1)
        last = client.get("/v1/cases/smith", params={"limit": 1, "start": first["next"]}).json()
        assert (len(last["page"]), last["next"]) == (1, None)
        claims = [claim for page in (first, last) for claim in page["page"]]
        assert {claim["name"] for claim in claims} == {"contract.txt", "empty"}
        origin = client.get("/v1/log/checkpoint").text.splitlines()[0]
        assert {claim["log"] for claim in claims} == {origin}

    def test_bad_parameters_are_problems(self, client: httpx.Client) -> None:
        assert is_problem(client.get("/v1/cases/nobody"), 404, "notary.case-unknown")
        assert is_problem(client.get("/v1/cases/smith", params={"limit": 501}), 400, "portal.body-invalid")
        assert is_problem(client.get("/v1/cases/smith", params={"start": -1}), 400, "portal.body-invalid")


class TestPlans:
    def test_a_plan_shows_terms_account_and_history(self, client: httpx.Client) -> None:
        (listed,) = client.get("/v1/plans").json()
        assert (listed["name"], listed["status"], listed["total"]) == ("p1", "open", "1200000000")
        plan = client.get("/v1/plans/p1", params={"at": 1_800_000_000}).json()
        assert plan["principal_paid"] == "60500000"
        assert plan["state"] == "current"
        assert [event["name"] for event in plan["events"]] == ["PlanOpened", "Paid"]
        assert client.get(f"/v1/plans/{plan['plan_id']}").json()["name"] == "p1"

    def test_a_plan_that_is_not_there_is_a_problem(self, client: httpx.Client) -> None:
        assert is_problem(client.get("/v1/plans/p2"), 404, "settlement.plan-not-found")


class TestKey:
    def test_beyond_loopback_the_server_starts_with_a_key_only(self, place: Path) -> None:
        refused = tallystick("serve", "--host", "0.0.0.0", "--port", "0", workspace=place / "w", expect=(4,))
        assert refused.error == "portal.serve-key"

    def test_a_taken_port_is_a_clear_error(self, place: Path) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            assert tallystick("serve", "--port", port, workspace=place / "w", expect=(4,)).error == "portal.serve"

    def test_with_a_key_every_route_but_health_asks_for_it(self, place: Path) -> None:
        before = (place / "w" / "tallystick.toml").read_text()
        key = tallystick("serve", "--new-key", workspace=place / "w").json["key"]
        try:
            with serving(place / "w", "--host", "0.0.0.0") as client:
                local = str(client.base_url).replace("0.0.0.0", "127.0.0.1")
                with httpx.Client(base_url=local, timeout=20) as asked:
                    assert asked.get("/healthz").status_code == 200
                    assert is_problem(asked.get("/v1/cases"), 401, "portal.unauthorized")
                    for wrong in (f"Bearer {key}x", f"Basic {key}", "Bearer x", key, "Bearer \xff"):
                        answer = asked.get("/v1/cases", headers={"Authorization": wrong.encode("latin-1")})
                        assert is_problem(answer, 401, "portal.unauthorized")
                        assert answer.headers["www-authenticate"] == "Bearer"
                    assert is_problem(asked.get(f"/v1/cases?key={key}"), 401, "portal.unauthorized")
                    right = asked.get("/v1/cases", headers={"Authorization": f"Bearer {key}", "Host": "api.example"})
                    assert right.status_code == 200
            kept = b"".join(p.read_bytes() for p in (place / "w").rglob("*") if p.is_file())
            assert key.encode() not in kept
        finally:
            (place / "w" / "tallystick.toml").write_text(before)

    def test_a_server_that_is_told_to_stop_ends_soon_and_in_order(self, place: Path) -> None:
        process = program("serve", "--port", "0", "--json", "--workspace", place / "w")
        assert process.stdout is not None
        json.loads(process.stdout.readline())
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
        assert process.returncode in (0, 130)


def _peak_memory(pid: int) -> int:
    """The most memory that a process has held, in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(f"no peak in /proc/{pid}/status", os.uname())

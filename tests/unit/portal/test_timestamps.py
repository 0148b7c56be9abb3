"""portal.timestamps: who [timestamps] names, and what time stamps are in plain words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.tsa import token, write_pem
from support.tsa_chain import AT, chain, crl

from notary.evm.anchors import AnchorRow
from notary.timestamps import ots
from notary.timestamps.ots_tree import BITCOIN_TAG, PENDING_TAG, varbytes, varuint
from notary.timestamps.stamp_rows import StampRow
from notary.timestamps.stamp_sources import Authority, TimestampSources
from portal.config import Config, TimestampsPart
from portal.errors import ConfigInvalid
from portal.setup import Choices, configuration
from portal.timestamps import anchor_words, source_of, sources, stamp_json, stamp_words

GOOD = configuration(Choices(), "tallystick.local/0011aabb")
ONE = '\n[[timestamps.authorities]]\nname = "one"\nurl = "https://tsa.example/tsr"\n'
AUTHORITY = chain()


def part_of(calendars: str = "", more: str = "", **changes: str) -> TimestampsPart:
    text = GOOD.replace("calendars = []", f"calendars = [{calendars}]\n{more}")
    for name, value in changes.items():
        text = text.replace(f"{name} = 1  #", f"{name} = {value}  #")
    return Config.parse((text + ONE).encode()).timestamps


class TestConfig:
    def test_nobody_is_asked_when_nobody_is_named(self) -> None:
        part = Config.parse(GOOD.encode()).timestamps
        assert (part.tokens, part.authorities, part.calendars) == (1, (), ())
        assert sources(part, Path()) is None

    def test_the_example_in_a_new_configuration_can_be_used_as_it_stands(self) -> None:
        begin = GOOD.index("# [[timestamps.authorities]]")
        example = GOOD[begin : GOOD.index("\n\n", begin)]
        text = GOOD.replace(example, "\n".join(line.removeprefix("# ") for line in example.splitlines()))
        (authority,) = Config.parse(text.encode()).timestamps.authorities
        assert (authority.name, authority.root, authority.qualified) == ("freetsa", "freetsa-root.pem", False)

    def test_the_example_in_the_guide_can_be_used_with_every_option(self) -> None:
        guide = (Path(__file__).parents[3] / "docs" / "guides" / "time-stamps.md").read_text()
        example = guide.split("```toml\n")[1].split("```")[0].replace("\n# ", "\n")
        begin = GOOD.index("[timestamps]")
        part = Config.parse((GOOD[:begin] + example + GOOD[GOOD.index("[ipfs]", begin) :]).encode()).timestamps
        assert ([authority.name for authority in part.authorities], part.tokens) == (["freetsa", "digicert"], 2)
        assert part.authorities[1].qualified and part.authorities[1].crls == "revoked.pem"

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            (ONE + ONE, "one name"),
            (ONE + ONE.replace('"one"', '"two"'), "one address"),
            (ONE.replace("https", "ftp"), "url"),
            (ONE.replace("tsa.example", "me:secret@tsa.example"), "password"),
            (ONE + 'hash = "sha1"', "hash"),
            (ONE + 'policy = "1.02.3"', "policy"),
            (ONE + 'policy = "1.40.3"', "policy"),  # after 0 and 1 the second number is at most 39
            (ONE + 'policy = "3.1"', "policy"),
            (ONE + 'policy = "1"', "policy"),
            (ONE + 'rooot = "x"', "rooot"),
            (ONE.replace('"one"', '""'), "name"),
        ],
    )
    def test_an_authority_that_cannot_be_one_is_refused(self, text: str, says: str) -> None:
        with pytest.raises(ConfigInvalid, match=says):
            Config.parse((GOOD + text).encode())

    @pytest.mark.parametrize(
        ("calendars", "more", "tokens", "says"),
        [
            ('"https://a.example", "https://a.example/"', "", "1", "named twice"),
            ('"a.example"', "", "1", "calendars"),
            ('"https://me@a.example"', "", "1", "user name"),
            ('"https://a.example"', "calendars_needed = 2", "1", "2 calendars are needed, 1 are named"),
            ("", "", "2", "2 tokens need as many authorities, there are 1"),
            ("", "", "0", "tokens"),
        ],
    )
    def test_numbers_and_addresses_that_do_not_fit_are_refused(
        self, calendars: str, more: str, tokens: str, says: str
    ) -> None:
        with pytest.raises(ConfigInvalid, match=says):
            part_of(calendars, more, tokens=tokens)


class TestSources:
    def test_sources_reads_certificates_and_lists_from_the_workspace(self, tmp_path: Path) -> None:
        write_pem(tmp_path / "root.pem", AUTHORITY.root.der)
        write_pem(tmp_path / "rest.pem", *AUTHORITY.certificates)
        listed = crl(AUTHORITY.root)
        from cryptography import x509
        from cryptography.hazmat.primitives.serialization import Encoding

        (tmp_path / "crl.pem").write_bytes(x509.load_der_x509_crl(listed).public_bytes(Encoding.PEM) * 2)
        text = (
            ONE
            + 'root = "root.pem"\ncertificates = "rest.pem"\ncrls = "crl.pem"\nhash = "sha3-512"\nqualified = true\n'
        )
        found = sources(Config.parse((GOOD + text).encode()).timestamps, tmp_path)
        assert found == TimestampSources(
            (
                Authority(
                    "one",
                    "https://tsa.example/tsr",
                    "sha3_512",
                    None,
                    AUTHORITY.root.der,
                    AUTHORITY.certificates,
                    (listed, listed),
                    True,
                ),
            ),
            calendars_needed=0,
        )

    @pytest.mark.parametrize(
        "content", [None, b"", b"no PEM", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
    )
    def test_an_authority_whose_root_cannot_be_read_is_left_out_and_named(
        self, tmp_path: Path, content: bytes | None
    ) -> None:
        if content is not None:
            (tmp_path / "root.pem").write_bytes(content)
        found = sources(Config.parse((GOOD + ONE + 'root = "root.pem"').encode()).timestamps, tmp_path)
        assert found is not None and found.authorities == ()
        assert len(found.unusable) == 1 and found.unusable[0].startswith("one cannot be used")

    def test_a_root_and_a_list_may_be_der_as_for_the_verifier(self, tmp_path: Path) -> None:
        listed = crl(AUTHORITY.root)
        (tmp_path / "root.cer").write_bytes(AUTHORITY.root.der)
        (tmp_path / "list.crl").write_bytes(listed)
        text = GOOD + ONE + 'root = "root.cer"\ncrls = "list.crl"\n'
        found = sources(Config.parse(text.encode()).timestamps, tmp_path)
        assert found is not None and found.unusable == ()
        assert (found.authorities[0].root, found.authorities[0].crls) == (AUTHORITY.root.der, (listed,))

    def test_two_certificates_are_no_root(self, tmp_path: Path) -> None:
        write_pem(tmp_path / "root.pem", AUTHORITY.root.der, AUTHORITY.leaf.der)
        found = sources(Config.parse((GOOD + ONE + 'root = "root.pem"').encode()).timestamps, tmp_path)
        assert found is not None and "2 certificates" in found.unusable[0]

    def test_a_secret_that_is_not_set_leaves_the_authority_out(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        text = GOOD + ONE.replace("tsa.example", "me:${TSA_PASSWORD}@tsa.example")
        part = Config.parse(text.encode()).timestamps
        found = sources(part, tmp_path)
        assert found is not None and "TSA_PASSWORD" in found.unusable[0]
        monkeypatch.setenv("TSA_PASSWORD", "hush-hush")
        found = sources(part, tmp_path)
        assert found is not None and found.authorities[0].url == "https://me:hush-hush@tsa.example/tsr"
        assert "hush" not in repr(found)

    def test_all_calendars_are_needed_unless_fewer_are_named_and_others_may_be_asked(self, tmp_path: Path) -> None:
        two = '"https://a.example/", "https://b.example"'
        found = sources(part_of(two, 'calendars_allowed = ["https://c.example"]'), tmp_path)
        assert found is not None
        assert found.calendars == ("https://a.example", "https://b.example") and found.calendars_needed == 2
        assert found.allowed == ("https://a.example", "https://b.example", "https://c.example")
        found = sources(part_of(two, "calendars_needed = 1"), tmp_path)
        assert found is not None and found.calendars_needed == 1


WANTED = StampRow(1, 1, 9, "rfc3161", 1, "wanted", None, None, None, (), "one: no answer", 2, AT, 0, 0)
TOKEN = replace(WANTED, status="obtained", authority="one", data=token(AUTHORITY, b"note"), error=None, next_at=None)
OTS = replace(WANTED, kind="ots", nonce=bytes(16))
PROMISE = b"\x00" + PENDING_TAG + varbytes(varbytes(b"https://a.example"))
OTHER = b"\x00" + PENDING_TAG + varbytes(varbytes(b"https://b.example"))
BLOCK = b"\x08\x00" + BITCOIN_TAG + varbytes(varuint(800_000))


def proof(*answers: bytes) -> bytes:
    begun, commitment = ots.stamp(bytes(32), bytes(16))
    for answer in answers:
        begun = ots.graft(begun, commitment, answer)
    return begun.to_bytes()


class TestWords:
    def test_a_wanted_one_says_why_and_when_it_is_asked_again(self) -> None:
        assert stamp_words(WANTED, None) == (
            "wanted: no authority has given one yet (one: no answer); asked again from 2023-11-14 22:13:20 UTC on"
        )
        assert stamp_words(OTS, None).startswith("wanted: no calendar has taken it yet")
        assert (source_of(WANTED), source_of(TOKEN), source_of(OTS)) == (
            "an authority (1)",
            "authority one",
            "OpenTimestamps",
        )

    def test_a_token_is_vouched_for_by_a_configured_root_alone(self) -> None:
        vouched = TimestampSources((Authority("one", "http://x", root=b"x"),))
        assert stamp_words(TOKEN, vouched) == "obtained: a token of 2023-11-14 22:13:20 UTC"
        for asked in (None, TimestampSources((Authority("one", "http://x"),))):
            assert "nothing here vouches for the authority" in stamp_words(TOKEN, asked)
        assert stamp_json(TOKEN)["time"] == AT

    @pytest.mark.parametrize("answers", [(PROMISE,), (PROMISE, OTHER)])
    def test_a_pending_proof_is_never_shown_as_proven(self, answers: tuple[bytes, ...]) -> None:
        row = replace(OTS, status="pending", data=proof(*answers), error=None)
        told = stamp_words(row, None)
        assert told.startswith("pending: ") and told.endswith("proves nothing so far")
        assert str(len(answers)) in told
        assert stamp_json(row)["bitcoin_blocks"] == [] and stamp_json(row)["calendars_waited_for"] == len(answers)

    def test_a_complete_proof_names_its_block_and_who_is_still_to_answer(self) -> None:
        row = replace(OTS, status="upgraded", data=proof(PROMISE, b"\xf0\x01!" + OTHER, BLOCK))
        told = stamp_words(row, None)
        assert told == "complete: it names Bitcoin block 800000, whose header proves it; 1 calendar still to answer"
        assert "still" not in stamp_words(replace(row, next_at=None), None)

    @pytest.mark.parametrize(
        ("status", "says"),
        [
            ("final", "final in block 7"),
            ("included", "in block 7, which is not final yet"),
            ("pending", "pending: in no block yet, proves nothing so far (no funds)"),
            ("failed", "refused: no funds"),
        ],
    )
    def test_an_anchor_says_how_far_it_is(self, status: str, says: str) -> None:
        row = AnchorRow(1, "k", 1, 9, 1, bytes(20), status, None, 7, None, None, "no funds", 0, 0)
        assert anchor_words(row) == says

"""portal.config: what a tallystick.toml may say."""

from __future__ import annotations

import pytest

from portal.config import Config, pin, references, reveal
from portal.errors import ConfigInvalid, FileMissing, FileTooLarge, SecretMissing, WorkspaceVersionUnknown
from portal.setup import ChainChoice, Choices, configuration

GOOD = configuration(Choices(), "tallystick.local/0011aabb")


def changed(old: str, new: str) -> bytes:
    assert old in GOOD
    return GOOD.replace(old, new, 1).encode()


class TestParse:
    def test_parse_gives_defaults_when_the_file_is_new(self) -> None:
        config = Config.parse(GOOD.encode())
        assert config.workspace.origin == "tallystick.local/0011aabb"
        assert (config.chains.evidence.kind, config.chains.evidence.chain_id) == ("embedded", 31337)
        assert (config.chains.plans.kind, config.chains.plans.chain_id) == ("embedded", 31338)
        assert config.api.host == "127.0.0.1"
        assert config.notify.urls == ()

    def test_parse_keeps_every_choice_when_a_workspace_is_made_from_it(self) -> None:
        choices = Choices(
            evidence=ChainChoice(11155111, "https://node.example/${KEY}"),
            plans=ChainChoice(8453, "https://base.example"),
            ipfs="http://127.0.0.1:5001",
            notify=("json://127.0.0.1:9/hook", 'mailto://h:25?from=a@b&to="c d"@e'),
            database="postgresql://u:${PW}@h/n",
        )
        config = Config.parse(configuration(choices, "tallystick.local/00").encode())
        assert config.chains.evidence.url == "https://node.example/${KEY}"
        assert config.chains.plans.chain_id == 8453
        assert config.notify.urls == choices.notify
        assert config.database.url == choices.database
        assert config.ipfs.api == choices.ipfs

    @pytest.mark.parametrize(
        ("old", "new", "says"),
        [
            ("port = 8765", "port = 8765\nprot = 1", "api.prot"),
            ("[keeper]", "[keper]\nx=1\n[keeper]", "keper"),
            ("port = 8765", 'port = "8765"', "api.port"),
            ("port = 8765", "port = 65536", "api.port"),
            ("port = 8765", "port = true", "api.port"),
            ("chain_id = 31338", "chain_id = 0", "chains.plans.chain_id"),
            ("block_seconds = 1", "block_seconds = 0", "block_seconds"),
            ('\nkind = "embedded"', '\nkind = "rpc"', "needs a url"),
            ('genesis = ""', 'genesis = "0x00"', "genesis"),
            ('key_hash = ""', 'key_hash = "abc"', "key_hash"),
            ("urls = []", 'urls = ["mailto://me:secret@mail.example"]', "password"),
            ("urls = []", 'urls = [""]', "notify.urls"),
            ("tallystick.local/0011aabb", "Not An Origin", "workspace.origin"),
        ],
    )
    def test_parse_refuses_and_names_the_member_when_a_value_is_wrong(self, old: str, new: str, says: str) -> None:
        with pytest.raises(ConfigInvalid) as caught:
            Config.parse(changed(old, new))
        assert says in str(caught.value)
        assert "secret" not in str(caught.value)

    @pytest.mark.parametrize("text", [b"\xff\xfe", b"[workspace", b"", b"workspace = 3"])
    def test_parse_refuses_when_the_file_is_no_configuration(self, text: bytes) -> None:
        with pytest.raises(ConfigInvalid):
            Config.parse(text)

    def test_parse_refuses_by_version_when_the_layout_is_of_the_future(self) -> None:
        future = changed("version = 2", "version = 3").replace(b"[ipfs]", b"[new]\n[ipfs]")
        with pytest.raises(WorkspaceVersionUnknown) as caught:
            Config.parse(future)
        assert (caught.value.got, caught.value.known) == (3, 2)


class TestLoad:
    def test_load_names_the_path_when_the_file_is_missing(self, tmp_path) -> None:
        with pytest.raises(FileMissing, match="nowhere"):
            Config.load(tmp_path / "nowhere")

    def test_load_reads_the_largest_and_refuses_one_byte_more(self, tmp_path) -> None:
        path = tmp_path / "tallystick.toml"
        path.write_text(GOOD + "#" * (256 * 1024 - len(GOOD.encode())))
        assert Config.load(path).workspace.version == 2
        path.write_bytes(path.read_bytes() + b"#")
        with pytest.raises(FileTooLarge):
            Config.load(path)


class TestReveal:
    def test_reveal_replaces_references_when_the_variables_are_set(self) -> None:
        assert reveal("https://${HOST}/${KEY}", {"HOST": "h", "KEY": "k"}) == "https://h/k"

    def test_reveal_refuses_when_a_variable_is_missing_or_empty(self) -> None:
        for environment in ({}, {"KEY": ""}):
            with pytest.raises(SecretMissing) as caught:
                reveal("https://h/${KEY}", environment)
            assert caught.value.name == "KEY"

    def test_references_lists_names_in_order(self) -> None:
        assert references("a${ONE}b${TWO}c$NO{X}") == ("ONE", "TWO")


class TestPin:
    def test_pin_changes_one_line_of_its_section_and_keeps_comments(self) -> None:
        genesis = "0x" + "ab" * 32
        text = pin(GOOD, "chains.plans", "genesis", genesis)
        config = Config.parse(text.encode())
        assert config.chains.plans.genesis == genesis
        assert config.chains.evidence.genesis == ""
        assert len(set(text.splitlines()) ^ set(GOOD.splitlines())) == 1

    def test_pin_adds_the_line_when_the_section_lacks_it(self) -> None:
        text = pin("[a]\nx = 1\n[b]\ny = 2\n", "a", "g", "v")
        assert text == '[a]\ng = "v"\nx = 1\n[b]\ny = 2\n'

    def test_pin_refuses_when_there_is_no_such_section(self) -> None:
        with pytest.raises(ConfigInvalid):
            pin("[a]\n", "b", "g", "v")

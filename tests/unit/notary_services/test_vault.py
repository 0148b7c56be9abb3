"""notary.custody.vault, notary.log.notekey, notary.files: keys on disk."""

from __future__ import annotations

import json
import os
import pickle
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from notary.custody.vault import CaseKey, Vault, WrappingKey
from notary.files import MAX_KEY_FILE, write_private_once, write_whole
from notary.log import checkpoint
from notary.log.heads import blinded_case
from notary.log.notekey import NoteKey
from notary.service_errors import CaseErased, CaseNameInvalid, VaultDamaged, VaultLocked


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault.create(tmp_path / "case-keys")


class TestVault:
    def test_create_makes_private_files_in_a_private_folder(self, vault: Vault) -> None:
        vault.create_case("acme")
        vault.recipient_seed()
        assert stat.S_IMODE(vault.folder.stat().st_mode) == 0o700
        assert sorted(path.name for path in vault.folder.iterdir()) == [
            "case-acme.key",
            "recipient.key",
            "workspace.key",
        ]
        assert {stat.S_IMODE(path.stat().st_mode) for path in vault.folder.iterdir()} == {0o600}

    def test_create_keeps_the_keys_that_are_there(self, vault: Vault) -> None:
        blob = vault.create_case("acme").wrap("p", b"c", b"secret")
        again = Vault.create(vault.folder)
        assert again.create_case("acme").unwrap("p", b"c", blob) == b"secret"
        assert again.recipient_seed() == vault.recipient_seed()

    def test_open_raises_locked_when_there_is_no_vault(self, tmp_path: Path) -> None:
        with pytest.raises(VaultLocked):
            Vault(tmp_path)

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
    def test_open_raises_locked_when_others_may_read_the_key(self, vault: Vault, mode: int) -> None:
        (vault.folder / "workspace.key").chmod(mode)
        with pytest.raises(VaultLocked, match="may be read by others"):
            Vault(vault.folder)

    def test_open_raises_damaged_when_the_key_is_short(self, vault: Vault) -> None:
        (vault.folder / "workspace.key").write_bytes(b"x" * 31)
        with pytest.raises(VaultDamaged):
            Vault(vault.folder)

    def test_open_raises_damaged_when_the_key_file_is_too_large(self, vault: Vault) -> None:
        (vault.folder / "workspace.key").write_bytes(b"x" * (MAX_KEY_FILE + 1))
        with pytest.raises(VaultDamaged):
            Vault(vault.folder)

    def test_case_raises_locked_when_its_file_is_missing(self, vault: Vault) -> None:
        with pytest.raises(VaultLocked):
            vault.case("acme", 0)

    def test_case_raises_damaged_when_its_file_is_another_cases(self, vault: Vault) -> None:
        vault.create_case("acme")
        (vault.folder / "case-other.key").write_bytes((vault.folder / "case-acme.key").read_bytes())
        (vault.folder / "case-other.key").chmod(0o600)
        with pytest.raises(VaultDamaged):
            vault.case("other", 0)

    def test_case_raises_damaged_when_a_relabelled_file_is_another_cases(self, vault: Vault) -> None:
        vault.create_case("acme")
        document = json.loads((vault.folder / "case-acme.key").read_bytes())
        document["case"] = "other"
        write_private_once(vault.folder / "case-other.key", json.dumps(document).encode())
        with pytest.raises(VaultDamaged):
            vault.case("other", 0)

    def test_case_raises_damaged_when_the_workspace_key_is_another(self, vault: Vault, tmp_path: Path) -> None:
        vault.create_case("acme")
        other = Vault.create(tmp_path / "other")
        (vault.folder / "workspace.key").write_bytes((other.folder / "workspace.key").read_bytes())
        with pytest.raises(VaultDamaged):
            Vault(vault.folder).case("acme", 0)

    @pytest.mark.parametrize(
        "content", [b"", b"{", b"[]", b'{"version":2,"case":"acme","state":"wrapped","identity":"","keys":{}}']
    )
    def test_case_raises_damaged_when_its_file_is_not_readable(self, vault: Vault, content: bytes) -> None:
        vault.create_case("acme")
        (vault.folder / "case-acme.key").write_bytes(content)
        with pytest.raises(VaultDamaged):
            vault.case("acme", 0)

    @pytest.mark.parametrize("name", ["", "-a", "A", "a/b", "..", "a b", "a" * 64, "ä", "a\n"])
    def test_create_case_refuses_a_name_that_could_be_a_path_or_too_long(self, vault: Vault, name: str) -> None:
        with pytest.raises(CaseNameInvalid):
            vault.create_case(name)

    @pytest.mark.parametrize("name", ["a", "0", "a-b-9", "a" * 63])
    def test_create_case_accepts_the_shortest_and_the_longest_name(self, vault: Vault, name: str) -> None:
        assert vault.create_case(name).case_id == name


class Cut(BaseException):
    """Stands for a kill."""


def cut_before(patched: pytest.MonkeyPatch, place: int) -> None:
    """Let the call of a changing function of `os` that has this place, from 0, be a kill."""
    calls = iter(range(1000))

    def counted(real: Callable[..., object]) -> Callable[..., object]:
        def call(*words: object, **more: object) -> object:
            if next(calls) == place:
                raise Cut
            return real(*words, **more)

        return call

    for function in ("open", "fsync", "link", "rename", "replace", "unlink"):
        patched.setattr(os, function, counted(getattr(os, function)))


class TestErase:
    def test_erase_leaves_no_byte_of_the_wrapped_key(self, vault: Vault) -> None:
        key = vault.create_case("acme")
        before = (vault.folder / "case-acme.key").read_bytes()
        wrapped = json.loads(before)["keys"]["0"]
        with (vault.folder / "case-acme.key").open("rb") as held:
            assert vault.erase_case("acme")
            blocks = held.read()  # of the file that held the key: overwritten, not only unlinked
        after = (vault.folder / "case-acme.key").read_bytes()
        assert len(blocks) == len(before)
        for each in (blocks, after):
            assert wrapped[:16].encode() not in each and wrapped[-16:].encode() not in each
        assert [path.name for path in vault.folder.iterdir() if path.name.startswith(".")] == []
        del key

    def test_erase_makes_the_case_unreadable_for_an_open_vault_too(self, vault: Vault) -> None:
        vault.create_case("acme")
        other = Vault(vault.folder)
        other.case("acme", 0)
        vault.erase_case("acme")
        for each in (vault, other, Vault(vault.folder)):
            with pytest.raises(CaseErased):
                each.case("acme", 0)

    def test_erase_twice_does_no_harm_and_the_name_stays_burnt(self, vault: Vault) -> None:
        vault.create_case("acme")
        assert vault.erase_case("acme")
        assert not vault.erase_case("acme")
        with pytest.raises(CaseErased):
            vault.create_case("acme")

    @pytest.mark.parametrize("change", ["erase", "keep", "add"])
    def test_a_change_cut_off_at_any_step_leaves_the_file_as_it_was_or_changed(
        self, vault: Vault, change: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Every call of the file system that a change makes is the last one, in turn."""

        steps = 0
        for place in range(100):
            name = f"case{place}"
            vault.create_case(name)
            vault.add_epoch(name, 1)
            path = vault.folder / f"case-{name}.key"
            whole = path.read_bytes()
            act = {
                "erase": lambda name=name: vault.erase_case(name),
                "keep": lambda name=name: vault.keep_epoch(name, 1),
                "add": lambda name=name: vault.add_epoch(name, 2),
            }[change]
            with monkeypatch.context() as patched:
                cut_before(patched, place)
                try:
                    act()
                except Cut:
                    steps += 1
                else:
                    break
            left = vault.epochs(name)
            assert left in ([0, 1], {"erase": [], "keep": [1], "add": [1, 2]}[change])
            assert (path.read_bytes() == whole) == (left == [0, 1])
            act()
            assert vault.epochs(name) == {"erase": [], "keep": [1], "add": [1, 2]}[change]
            assert vault.leftovers() == 0
        assert steps >= 8


class TestEpochs:
    def test_a_new_epoch_stands_beside_the_old_one_under_the_same_name(self, vault: Vault) -> None:
        old = vault.create_case("acme")
        new = vault.add_epoch("acme", 1)
        assert (old.epoch, new.epoch) == (0, 1)
        assert old.blinded == new.blinded
        assert old.tag("path", b"x") != new.tag("path", b"x")
        assert vault.case("acme", 0).tag("path", b"x") == old.tag("path", b"x")
        assert vault.epochs("acme") == [0, 1]

    def test_an_epoch_added_again_has_another_key_because_the_first_may_have_wrapped_what_is_erased_now(
        self, vault: Vault
    ) -> None:
        vault.create_case("acme")
        stale = vault.add_epoch("acme", 1)
        assert vault.add_epoch("acme", 1).tag("path", b"x") != stale.tag("path", b"x")
        vault.add_epoch("acme", 2)
        assert vault.epochs("acme") == [1, 2]  # what is older than the epoch before goes, too
        with pytest.raises(VaultDamaged):
            vault.add_epoch("acme", 4)
        assert vault.epochs("acme") == [1, 2]

    def test_two_processes_that_change_a_file_at_once_lose_no_change(self, vault: Vault) -> None:
        for case in range(8):
            vault.create_case(f"case{case}")
        with ThreadPoolExecutor(4) as pool:
            for epoch in range(1, 6):
                asked = [f"case{case}" for case in range(8)] * 2
                list(pool.map(lambda name, epoch=epoch: Vault(vault.folder).add_epoch(name, epoch), asked))
        assert [vault.epochs(f"case{case}") for case in range(8)] == [[4, 5]] * 8
        assert vault.leftovers() == 0

    def test_keep_epoch_destroys_the_others_and_every_byte_of_them(self, vault: Vault) -> None:
        vault.create_case("acme")
        path = vault.folder / "case-acme.key"
        vault.add_epoch("acme", 1)
        with path.open("rb") as before:
            vault.keep_epoch("acme", 1)
            vault.keep_epoch("acme", 1)
            assert b"keys" not in before.read()  # the replaced file itself was overwritten
        assert set(json.loads(path.read_bytes())["keys"]) == {"1"}
        with pytest.raises(VaultDamaged):
            Vault(vault.folder).case("acme", 0)
        with pytest.raises(VaultDamaged):
            vault.case("acme", 0)
        assert [each.name for each in vault.folder.iterdir() if each.name.startswith(".")] == []

    def test_keep_epoch_refuses_one_that_is_not_there(self, vault: Vault) -> None:
        vault.create_case("acme")
        with pytest.raises(VaultDamaged):
            vault.keep_epoch("acme", 1)

    def test_what_a_cut_off_replacement_left_is_overwritten_next_time(self, vault: Vault) -> None:
        vault.create_case("acme")
        path = vault.folder / "case-acme.key"
        left = vault.folder / ".case-acme.key.old"
        left.write_bytes(path.read_bytes())
        left.chmod(0o600)
        with left.open("rb") as held:
            vault.keep_epoch("acme", 0)
            assert b"keys" not in held.read()
        assert not left.exists()
        assert vault.case("acme", 0).epoch == 0

    def test_a_replacement_cut_off_before_the_new_file_stood_loses_nothing(self, vault: Vault) -> None:
        key = vault.create_case("acme")
        path = vault.folder / "case-acme.key"
        os.link(path, vault.folder / ".case-acme.key.old")
        vault.keep_epoch("acme", 0)
        assert Vault(vault.folder).case("acme", 0).blinded == key.blinded
        assert path.stat().st_nlink == 1


class TestWrappingKey:
    def test_unwrap_returns_what_was_wrapped_for_the_same_place(self) -> None:
        key = WrappingKey(bytes(32))
        assert key.unwrap("p", b"c", key.wrap("p", b"c", b"")) == b""
        assert key.unwrap("p", b"c", key.wrap("p", b"c", b"x" * 1000)) == b"x" * 1000

    def test_unwrap_refuses_a_blob_of_another_place_or_key(self) -> None:
        blob = WrappingKey(bytes(32)).wrap("p", b"c", b"x")
        for key, purpose, context in ((bytes(32), "q", b"c"), (bytes(32), "p", b"d"), (b"\1" * 32, "p", b"c")):
            with pytest.raises(VaultDamaged):
                WrappingKey(key).unwrap(purpose, context, blob)

    def test_unwrap_refuses_every_changed_byte_and_every_shorter_blob(self) -> None:
        key = WrappingKey(bytes(32))
        blob = key.wrap("p", b"c", b"secret")
        for place in range(len(blob)):
            changed = bytearray(blob)
            changed[place] ^= 1
            with pytest.raises(VaultDamaged):
                key.unwrap("p", b"c", bytes(changed))
            with pytest.raises(VaultDamaged):
                key.unwrap("p", b"c", blob[:place])

    def test_keys_show_nothing_and_are_not_pickled(self) -> None:
        key = CaseKey("acme", 0, b"\xaa" * 32, b"\xaa" * 32)
        assert "aa" not in repr(key).split("object")[0] and (b"\xaa" * 8).hex() not in repr(key)
        with pytest.raises(TypeError):
            pickle.dumps(key)

    def test_case_key_derives_blinded_id_and_tags_from_the_key(self) -> None:
        key, other = (CaseKey("acme", 0, identity * 32, identity * 32) for identity in (b"\0", b"\1"))
        assert key.blinded == blinded_case(bytes(32)) != other.blinded
        assert key.tag("path", b"x") == CaseKey("b", 7, b"\2" * 32, bytes(32)).tag("path", b"x")
        assert (
            len({key.tag("path", b"x"), key.tag("path", b"y"), key.tag("content", b"x"), other.tag("path", b"x")}) == 4
        )


class TestNoteKey:
    def test_load_gives_the_key_that_create_made(self, tmp_path: Path) -> None:
        made = NoteKey.create(tmp_path / "k" / "note.key", "log.example/1")
        loaded = NoteKey.load(tmp_path / "k" / "note.key")
        assert (loaded.origin, loaded.public) == (made.origin, made.public) == ("log.example/1", made.public)
        checkpoint.verify(loaded.sign(1, bytes(32)), made.public)
        assert stat.S_IMODE((tmp_path / "k" / "note.key").stat().st_mode) == 0o600

    def test_create_keeps_the_key_that_is_there(self, tmp_path: Path) -> None:
        first = NoteKey.create(tmp_path / "note.key", "a")
        assert NoteKey.create(tmp_path / "note.key", "a").public == first.public

    def test_load_reads_the_private_key_of_the_note_specification(self, tmp_path: Path) -> None:
        """The example key of golang.org/x/mod/sumdb/note, which C2SP signed notes come from."""
        text = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz\n"
        write_private_once(tmp_path / "note.key", text.encode())
        key = NoteKey.load(tmp_path / "note.key")
        assert checkpoint.key_id("PeterNeumann", key.public).hex() == "c74f20a3"

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "PRIVATE+KEY+a+00000000",
            "PRIVATE+KEY+PeterNeumann+c74f20a4+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz",
            "PRIVATE+KEY+PeterNeumann+c74f20a3+AoEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz",
            "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKD==",
            "\udcff",
        ],
    )
    def test_load_refuses_what_is_no_key_of_its_name(self, tmp_path: Path, text: str) -> None:
        write_private_once(tmp_path / "note.key", text.encode(errors="surrogateescape"))
        with pytest.raises(VaultDamaged):
            NoteKey.load(tmp_path / "note.key")

    def test_repr_shows_no_private_key(self, tmp_path: Path) -> None:
        assert "rivate" not in repr(NoteKey.create(tmp_path / "note.key", "a"))


class TestFiles:
    def test_write_private_once_never_replaces_and_leaves_nothing_beside(self, tmp_path: Path) -> None:
        write_private_once(tmp_path / "f", b"one")
        write_private_once(tmp_path / "f", b"two")
        assert (tmp_path / "f").read_bytes() == b"one"
        assert [each.name for each in tmp_path.iterdir()] == ["f"]

    def test_write_private_once_raises_locked_when_the_folder_cannot_be_made(self, tmp_path: Path) -> None:
        (tmp_path / "f").write_bytes(b"")
        with pytest.raises(VaultLocked):
            write_private_once(tmp_path / "f" / "g", b"x")

    def test_write_whole_replaces_and_leaves_the_old_file_when_it_fails(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "a" / "f"
        write_whole(path, b"one")
        write_whole(path, b"two")
        assert path.read_bytes() == b"two"

        def fail(self: Path, target: Path) -> Path:
            raise OSError(28, "no space")

        monkeypatch.setattr(Path, "replace", fail)
        with pytest.raises(OSError, match="no space"):
            write_whole(path, b"three")
        assert path.read_bytes() == b"two"
        assert [each.name for each in path.parent.iterdir()] == ["f"]

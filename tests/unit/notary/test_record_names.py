"""Names of evidence records' files: below their folder, and never two objects under one."""

from __future__ import annotations

import pytest

from notary.files import MAX_FILE_NAME, stays_below
from notary.records.record_export import _Names


class TestStaysBelow:
    @pytest.mark.parametrize("name", ["a", "a/b", "...", "a..b", "ü" * 120, "a" * (MAX_FILE_NAME - 3)])
    def test_a_name_below_the_folder_passes(self, name: str) -> None:
        assert stays_below(name, ".er")

    @pytest.mark.parametrize(
        "name",
        ["", ".", "..", "/a", "a/", "a//b", "../a", "a/../b", "a\0b", "a" * (MAX_FILE_NAME - 2), "ü" * 128 + "/a"],
    )
    def test_a_name_that_leads_elsewhere_or_cannot_be_written_does_not(self, name: str) -> None:
        assert not stays_below(name, ".er")


class TestNames:
    def taken(self, *names: str) -> list[str]:
        given = _Names(["token-1.tst"])
        return [given.take(name, place) for place, name in enumerate(names)]

    def test_an_object_has_its_own_name(self) -> None:
        assert self.taken("a.pdf", "b/a.pdf", "b/c") == ["a.pdf", "b/a.pdf", "b/c"]

    def test_what_looks_like_a_made_name_does_not_lose_its_file(self) -> None:
        assert self.taken("object-1", "../x") == ["object-1", "object-1-2"]
        assert self.taken("object-1", "object-1-2", "object-1") == ["object-1", "object-1-2", "object-2"]

    def test_names_that_stand_twice_are_told_apart(self) -> None:
        assert self.taken("a", "a", "a") == ["a", "object-1", "object-2"]

    @pytest.mark.parametrize(
        "names", [("a", "a.er"), ("a", "a.er/b"), ("a.er/b", "a"), ("a/b", "a"), ("b", "token-1.tst/a")]
    )
    def test_no_file_lies_where_another_or_a_folder_is(self, names: tuple[str, str]) -> None:
        first, second = self.taken(*names)
        assert (first, second) == (names[0], "object-1")

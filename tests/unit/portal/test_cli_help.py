"""Every command's help teaches: what it does, an example, what comes next; and every command speaks JSON."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from notary.custody import acts
from portal.cli import SECTIONS, root
from portal.cli.acts import RECORDED


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        if isinstance(found, click.Group):
            yield from commands(found, (*path, name))
        else:
            yield " ".join((*path, name)), found


ALL = dict(commands(root))


def help_of(name: str) -> str:
    return ALL[name].get_help(click.Context(ALL[name], info_name=name, terminal_width=100))


@pytest.mark.parametrize("name", ALL)
class TestEveryCommand:
    def test_help_says_what_shows_an_example_and_what_comes_next(self, name: str) -> None:
        text = help_of(name)
        assert f"tallystick {name}" in text
        assert "Example" in text
        assert "Next: " in text

    def test_every_option_is_explained(self, name: str) -> None:
        for parameter in ALL[name].params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"{name} {parameter.name}"

    def test_json_and_workspace_are_the_last_options(self, name: str) -> None:
        assert [parameter.name for parameter in ALL[name].params][-2:] == ["workspace", "as_json"]


class TestRoot:
    def test_the_commands_that_the_house_promises_are_there(self) -> None:
        wanted = ["init", "doctor", "deploy", "seal", "anchor", "verify", "fetch", "serve", "demo"]
        wanted += [f"case {word}" for word in ["new", "list", "show"]]
        wanted += [f"plan {word}" for word in ["draft", "sign", "open", "show", "list", "pay", "withdraw"]]
        wanted += [f"escrow {word}" for word in ["open", "fund", "release", "reclaim", "show"]]
        wanted += [f"keeper {word}" for word in ["once", "run"]]
        assert set(wanted) <= set(ALL)

    def test_each_listed_line_is_one_short_sentence(self) -> None:
        for section in SECTIONS:
            for entry in section.entries:
                assert entry.line.endswith(".")
                assert len(entry.line) <= 60

    def test_a_command_that_is_not_there_is_none(self) -> None:
        assert root.get_command(click.Context(root), "nothing") is None


def test_plan_draft_names_the_grace_that_terms_get_by_default() -> None:
    from portal.cli.plan import draft
    from settlement.draft import DEFAULT_GRACE_SECONDS

    (option,) = (parameter for parameter in draft.params if parameter.name == "grace_days")
    assert f"[default: {DEFAULT_GRACE_SECONDS // 86_400}]" in str(getattr(option, "help", ""))


def test_case_record_offers_the_actions_that_are_recorded() -> None:
    assert tuple(action.value for action in acts.RECORDED) == RECORDED

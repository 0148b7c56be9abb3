"""portal.exit_codes, portal.http_status: every error that our packages raise on purpose leads somewhere."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import pytest

from notary.errors import NotaryError
from onchain.errors import ChainError
from portal import exit_codes, http_status
from portal.errors import PortalError
from portal.exit_codes import Exit
from settlement.errors import SettlementError

ROOTS = (NotaryError, SettlementError, ChainError, PortalError)
PACKAGES = ("notary", "settlement", "onchain", "portal")


def load_everything() -> None:
    for name in PACKAGES:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            if not module.name.endswith("__main__") and not module.name.startswith("portal.migrations"):
                importlib.import_module(module.name)


def subclasses(root: type[Exception]) -> Iterator[type[Exception]]:
    for kind in root.__subclasses__():
        yield kind
        yield from subclasses(kind)


load_everything()
ALL = sorted({kind for root in ROOTS for kind in subclasses(root)}, key=lambda kind: (kind.__module__, kind.__name__))


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
class TestEveryError:
    def test_has_an_exit_code(self, kind: type[Exception]) -> None:
        found = exit_codes.of_class(kind)
        assert found is not None
        assert found not in (Exit.OK, Exit.USAGE, Exit.INDETERMINATE, Exit.INTERRUPTED)

    def test_has_an_http_status(self, kind: type[Exception]) -> None:
        found = http_status.of_class(kind)
        assert found is not None
        assert 400 <= found <= 599

    def test_has_a_code_of_its_own_and_a_sentence(self, kind: type[Exception]) -> None:
        package = {"notary": "notary", "settlement": "settlement", "onchain": "chain", "portal": "portal"}
        assert kind.__dict__.get("code", "").startswith(package[kind.__module__.partition(".")[0]] + ".")
        assert (kind.__doc__ or "").strip()


class TestTables:
    def test_there_are_errors_to_walk(self) -> None:
        assert len(ALL) > 100

    def test_codes_are_unique(self) -> None:
        codes = [kind.__dict__["code"] for kind in ALL]
        assert sorted(codes) == sorted(set(codes))

    @pytest.mark.parametrize("table", [exit_codes.BY_CODE, http_status.BY_CODE])
    def test_no_line_is_about_an_error_that_is_not_there(self, table: dict[str, int]) -> None:
        assert set(table) - {kind.__dict__["code"] for kind in ALL} == set()

    @pytest.mark.parametrize("root", ROOTS)
    def test_a_root_itself_leads_nowhere(self, root: type[Exception]) -> None:
        assert exit_codes.of_class(root) is None
        assert http_status.of_class(root) is None

    @pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt, OSError])
    def test_a_foreign_error_leads_nowhere(self, kind: type[BaseException]) -> None:
        assert exit_codes.of_class(kind) is None

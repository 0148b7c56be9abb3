from __future__ import annotations

import gc

import pytest

from notary.memory import no_cycle_search


class TestNoCycleSearch:
    def test_the_collector_rests_within_and_runs_again_afterwards(self) -> None:
        assert gc.isenabled()
        with no_cycle_search():
            assert not gc.isenabled()
            with no_cycle_search():
                assert not gc.isenabled()
            assert not gc.isenabled()
        assert gc.isenabled()

    def test_the_collector_runs_again_after_an_error(self) -> None:
        with pytest.raises(ValueError, match="inside"), no_cycle_search():
            raise ValueError("inside")
        assert gc.isenabled()

    def test_a_collector_that_was_off_stays_off(self) -> None:
        gc.disable()
        try:
            with no_cycle_search():
                pass
            assert not gc.isenabled()
        finally:
            gc.enable()

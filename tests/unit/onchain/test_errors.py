"""Errors: one tree, stable codes, hints for the reader, numbers inside, and no secrets."""

from __future__ import annotations

import pytest

import onchain.errors as errors
from onchain.errors import (
    ChainError,
    InsufficientFunds,
    NodeRefused,
    NodeUnreachable,
    TransactionReverted,
    WrongChain,
    foreign_text,
    mask_url,
)


def tree(root: type[ChainError]) -> list[type[ChainError]]:
    return [root, *(leaf for child in root.__subclasses__() for leaf in tree(child))]


class TestTree:
    def test_every_error_has_a_code_of_its_own_and_a_hint(self) -> None:
        found = tree(ChainError)
        codes = [error.code for error in found]
        assert len(set(codes)) == len(codes)
        assert all(code.startswith("chain.") for code in codes)
        assert all(error.hint for error in found if error is not ChainError)

    def test_docstring_lists_every_error_with_its_code(self) -> None:
        lines = [line.split() for line in (errors.__doc__ or "").splitlines() if "chain." in line]
        drawn = {words[i]: words[i + 1] for words in lines for i in range(len(words) - 1) if words[i].isalpha()}
        for error in tree(ChainError):
            assert drawn[error.__name__] == error.code

    def test_errors_carry_their_numbers(self) -> None:
        error = InsufficientFunds(needed=10, has=3, address="0xab")
        assert (error.needed, error.has, error.address) == (10, 3, "0xab")
        assert "10" in str(error)
        assert "3" in str(error)
        assert (WrongChain(1, 5).expected, WrongChain(1, 5).got) == (1, 5)

    def test_reverts_show_name_and_arguments(self) -> None:
        error = TransactionReverted("Book_NothingOwed", (b"\x01\x02", 7), b"\xaa" * 32)
        assert "Book_NothingOwed(0x0102, 7)" in str(error)
        assert error.arguments == (b"\x01\x02", 7)


class TestMaskUrl:
    @pytest.mark.parametrize(
        ("url", "shown"),
        [
            ("http://127.0.0.1:8545", "http://127.0.0.1:8545"),
            ("http://127.0.0.1:8545/", "http://127.0.0.1:8545"),
            ("https://mainnet.example.com/v3/0123456789abcdef", "https://mainnet.example.com/…"),
            ("https://user:secret@node.example.com:8080/rpc?apikey=K", "https://node.example.com:8080/…"),
            ("https://node.example.com?key=K", "https://node.example.com/…"),
            ("ipc:///run/geth.ipc", "ipc:///run/geth.ipc"),
            ("https://[broken", "(unreadable URL)"),
        ],
    )
    def test_mask_url_keeps_the_host_and_hides_the_rest(self, url: str, shown: str) -> None:
        assert mask_url(url) == shown

    def test_node_errors_never_repeat_the_secret_of_their_url(self) -> None:
        url = "https://user:hunter22@node.example.com/v3/0123456789abcdef?key=topsecret"
        said = "project 0123456789abcdef of user:hunter22 over quota at /v3/0123456789abcdef?key=topsecret"
        for error in (NodeUnreachable(url, said), NodeRefused(url, "eth_call", -32005, said)):
            assert not any(secret in str(error) for secret in ("0123456789abcdef", "hunter22", "topsecret"))
            assert "node.example.com" in str(error)


class TestForeignText:
    def test_foreign_text_is_one_bounded_printable_line(self) -> None:
        assert foreign_text("a\n\x1b[31mb\t c") == "a ?[31mb c"
        assert len(foreign_text("x" * 10_000)) == errors.MAX_FOREIGN_TEXT

"""What the unit tests of time-stamp tokens stamp, and why a token is refused."""

from __future__ import annotations

import hashlib

import pytest

from notary.errors import TokenInvalid
from notary.timestamps.tsp import check_token, read_token

DATA = b"example.com/log\n1000\nAAAA\n"
DIGEST = hashlib.sha256(DATA).digest()


def refusal(given: bytes, data: bytes = DATA, certificates: tuple[bytes, ...] = ()) -> str:
    """The reason why the token's own proof does not hold."""
    with pytest.raises(TokenInvalid) as caught:
        check_token(read_token(given), data, certificates)
    assert str(caught.value)
    return caught.value.reason

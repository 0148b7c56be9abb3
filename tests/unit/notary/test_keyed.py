from __future__ import annotations

import hmac
import pickle

import pytest

from notary.keyed import HmacKey


class TestHmacKey:
    @pytest.mark.parametrize("size", [0, 1, 32, 63, 64])
    def test_gives_what_the_standard_library_gives(self, size: int) -> None:
        key = bytes(range(size))
        keyed = HmacKey(key)
        for message in (b"", b"a", b"tallystick/field-salt/v1\0name", bytes(1000)):
            assert keyed.digest(message) == hmac.digest(key, message, "sha256")

    def test_a_key_of_65_bytes_is_refused(self) -> None:
        with pytest.raises(ValueError, match="at most 64 bytes, not 65"):
            HmacKey(bytes(65))

    def test_is_not_pickled_and_not_shown(self) -> None:
        keyed = HmacKey(b"secret" * 5)
        assert "secret" not in repr(keyed)
        with pytest.raises(TypeError):
            pickle.dumps(keyed)

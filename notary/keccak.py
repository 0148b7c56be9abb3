"""Keccak-256, Ethereum's hash, by pycryptodome's C code.

`Crypto.Hash.keccak` loads that code through cffi, whose start takes 90 ms: half of what a whole verification may
take. So the same library is called through ctypes, after it has given the right answer to a known question; where
that does not work (another build, another platform), through pycryptodome's own door.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

_EMPTY = "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"  # of no bytes


def keccak256(data: bytes) -> bytes:
    """32 bytes: Keccak-256 of `data` (padding 01: not SHA3-256)."""
    return _implementation()(data)


@cache
def _implementation() -> Callable[[bytes], bytes]:
    direct = _through_ctypes()
    if direct is not None and direct(b"").hex() == _EMPTY:
        return direct
    return _through_pycryptodome


def _through_pycryptodome(data: bytes) -> bytes:
    from Crypto.Hash import keccak

    digest: bytes = keccak.new(digest_bits=256, data=data).digest()
    return digest


def _through_ctypes() -> Callable[[bytes], bytes] | None:
    import ctypes
    from importlib.machinery import EXTENSION_SUFFIXES
    from importlib.util import find_spec
    from pathlib import Path

    spec = find_spec("Crypto.Hash")
    folders = (spec.submodule_search_locations or []) if spec else []
    found = (Path(folder, f"_keccak{suffix}") for folder in folders for suffix in EXTENSION_SUFFIXES)
    path = next((path for path in found if path.is_file()), None)
    if path is None:
        return None
    try:
        library = ctypes.CDLL(str(path))
        calls = [library[f"keccak_{name}"] for name in ("init", "absorb", "digest", "destroy")]
    except (OSError, AttributeError):
        return None
    init, absorb, digest, destroy = calls
    size, byte = ctypes.c_size_t, ctypes.c_ubyte
    init.argtypes = (ctypes.POINTER(ctypes.c_void_p), size, byte)  # state, capacity in bytes, rounds
    absorb.argtypes = (ctypes.c_void_p, ctypes.c_char_p, size)
    digest.argtypes = (ctypes.c_void_p, ctypes.c_char_p, size, byte)  # state, result, its size, padding
    destroy.argtypes = (ctypes.c_void_p,)

    def keccak(data: bytes) -> bytes:
        state, result = ctypes.c_void_p(), ctypes.create_string_buffer(32)
        if init(ctypes.byref(state), 64, 24):
            raise MemoryError("no room for a hash state")
        try:
            if absorb(state, data, len(data)) or digest(state, result, 32, 0x01):
                raise RuntimeError("pycryptodome's keccak failed")
        finally:
            destroy(state)
        return result.raw

    return keccak

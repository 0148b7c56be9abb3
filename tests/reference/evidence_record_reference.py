"""RFC 4998 a second time: slow, plain, recursive, sharing no code with `notary`. DER only, hash and structure only.

Whether a token's signature holds is not asked here: `openssl ts -verify` is the judge of that.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Sequence

Digest = Callable[[str], bytes]
"""The hash of a document, by the name of the hash."""

NAMES = {
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
    "2.16.840.1.101.3.4.2.8": "sha3_256",
    "2.16.840.1.101.3.4.2.9": "sha3_384",
    "2.16.840.1.101.3.4.2.10": "sha3_512",
}


class Wrong(Exception):
    """The record does not prove what it should."""


def of(document: bytes) -> Digest:
    """The hashes of a document."""
    return lambda name: hashlib.new(name, document).digest()


# DER, as (tag, content, whole) read one after the other.


def split(data: bytes) -> list[tuple[int, bytes, bytes]]:
    if not data:
        return []
    size, head = data[1], 2
    if size > 127:
        head = 2 + (size - 128)
        size = int.from_bytes(data[2:head], "big")
    if len(data) < head + size:
        raise Wrong("cut off")
    return [(data[0], data[head : head + size], data[: head + size]), *split(data[head + size :])]


def oid(content: bytes) -> str:
    numbers: list[int] = []
    value = 0
    for octet in content:
        value = value * 128 + octet % 128
        if octet < 128:
            numbers.append(value)
            value = 0
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, [first, numbers[0] - 40 * first, *numbers[1:]]))


def inside_of(data: bytes) -> bytes:
    ((_, content, _),) = split(data)
    return content


def imprint_of(token: bytes) -> tuple[str, bytes, str]:
    """(hash, hashed message, genTime) of a time-stamp token."""
    content_info = split(inside_of(token))
    signed_data = split(inside_of(content_info[1][1]))
    octets = split(signed_data[2][1])[1][1]
    fields = split(inside_of(inside_of(octets)))
    algorithm, message = split(fields[2][1])
    return NAMES[oid(split(algorithm[1])[0][1])], message[1], fields[4][1].decode()


# Trees.


def node(values: Sequence[bytes], name: str) -> bytes:
    if len(values) == 1:
        return values[0]
    return hashlib.new(name, b"".join(sorted(values))).digest()


def root(groups: Sequence[Sequence[bytes]], name: str) -> bytes:
    return climb(sorted({node(sorted(set(group)), name) for group in groups}), name)


def climb(level: list[bytes], name: str) -> bytes:
    if len(level) == 1:
        return level[0]
    if len(level) == 2:
        return node(level, name)
    pairs = [level[i : i + 2] for i in range(0, len(level), 2)]
    return climb([node(pair, name) for pair in pairs], name)


def walk(lists: Sequence[Sequence[bytes]], value: bytes, name: str) -> bytes:
    if not lists:
        return value
    if value not in lists[0]:
        raise Wrong("not in the list")
    above = node(lists[0], name)
    return above if len(lists) == 1 else walk([[*lists[1], above], *lists[2:]], above, name)


# Records.


def stamps_of(chain: bytes) -> list[tuple[str, list[list[bytes]], bytes]]:
    """(hash, lists, token) of each archive time-stamp of a chain."""
    found = []
    for _, content, _ in split(chain):
        parts = {tag: (inner, whole) for tag, inner, whole in split(content)}
        token = parts[0x30][1]
        name = NAMES[oid(split(parts[0xA0][0])[0][1])] if 0xA0 in parts else imprint_of(token)[0]
        lists = []
        if 0xA2 in parts:
            lists = [[value for _, value, _ in split(level)] for _, level, _ in split(parts[0xA2][0])]
        found.append((name, lists, token))
    return found


def check(record: bytes, document: Digest) -> list[str]:
    """The genTimes of a record that proves `document`, in their order; Wrong otherwise."""
    ((tag, content, _),) = split(record)
    parts = split(content)
    sequence = parts[-1][1]
    if tag != 0x30 or parts[0][2] != b"\x02\x01\x01":
        raise Wrong("no record of version 1")
    times: list[str] = []
    before = b""  # the chains so far, each whole
    for _, chain, whole in split(sequence):
        last = None
        for name, lists, token in stamps_of(chain):
            if last is not None:
                value = hashlib.new(name, last).digest()
            elif before:
                chains = hashlib.new(name, encode(before)).digest()
                value = hashlib.new(name, document(name) + chains).digest()
            else:
                value = document(name)
            stamped_with, stamped, time = imprint_of(token)
            if (stamped_with, stamped) != (name, walk(lists, value, name)):
                raise Wrong("the token stamps something else")
            times.append(time)
            last = token
        before += whole
    if any(goes_back(before, after) for before, after in itertools.pairwise(times)):
        raise Wrong("the times go back")
    return times


def goes_back(before: str, after: str) -> bool:
    """20231114221320Z or 20231114221320.25Z; a fraction counts where both have one."""
    one, two = before.rstrip("Z").split("."), after.rstrip("Z").split(".")
    shorter = min(len(one), len(two))
    return two[:shorter] < one[:shorter]


def encode(content: bytes) -> bytes:
    """A SEQUENCE of `content`."""
    if len(content) < 128:
        return b"\x30" + bytes([len(content)]) + content
    size = len(content).to_bytes(8, "big").lstrip(b"\0")
    return b"\x30" + bytes([128 + len(size)]) + size + content

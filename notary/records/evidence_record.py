"""Evidence records (RFC 4998): the ASN.1 of a chain of archive time-stamps, read in BER and written in DER.

    EvidenceRecord   ::= SEQUENCE { version INTEGER 1, digestAlgorithms SEQUENCE OF AlgorithmIdentifier,
                                    cryptoInfos [0] OPTIONAL, encryptionInfo [1] OPTIONAL,
                                    SEQUENCE OF SEQUENCE OF ArchiveTimeStamp }       the chains, the oldest first
    ArchiveTimeStamp ::= SEQUENCE { digestAlgorithm [0] AlgorithmIdentifier OPTIONAL, attributes [1] OPTIONAL,
                                    reducedHashtree [2] SEQUENCE OF SEQUENCE OF OCTET STRING OPTIONAL,
                                    timeStamp ContentInfo }                                        tags are implicit

What is hashed when a record is renewed (section 5.2), each byte with its tag and length:

    time-stamp renewal  H(timeStamp): the DER of the whole ContentInfo of the last archive time-stamp, as it stands in
                        the record. H is the chain's own hash; the new archive time-stamp joins that chain.
    hash-tree renewal   H(d || H(chains)): d is the new hash of the data object, chains the DER of the whole SEQUENCE
                        of all chains so far; joined in this order, which step 4 says (figure 4 shows them sorted; other
                        writers join as step 4 says). H is the new hash; a new chain begins.

The hash of a chain is the digestAlgorithm of its archive time-stamps or, where that is absent, of the token's imprint.
asn1crypto's own class for this structure lacks the chains, so the few levels are walked here; what hangs below them
(algorithm identifiers, attributes, tokens, cryptoInfos) is kept as the bytes it came in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias

from asn1crypto import cms  # type: ignore[import-untyped,unused-ignore]  # it brings no types

from notary.errors import EvidenceRecordInvalid
from notary.records.hash_tree import Lists, digest_of
from notary.timestamps import tsp_ber
from notary.timestamps.tsp_values import HASHES, MAX_TOKEN_BYTES

MAX_BYTES = 16 * 1024 * 1024  # a record of one list of 100,000 SHA-512 values has 7 MB; ours have under 100 KB
MAX_CHAINS = 64  # hash-tree renewals; one in five years lasts for three centuries
MAX_STAMPS = 256  # in all chains; one each year does as well
MAX_LISTS = 64  # of a reduced tree: a binary one of 2^63 leaves
MAX_VALUES = 100_000  # in all lists of a record
MAX_ALGORITHMS = 64

_SEQUENCE, _INTEGER, _OCTETS, _OCTETS_IN_PARTS, _OID = 0x30, 0x02, 0x04, 0x24, 0x06

# Contents of object identifiers: all of them stand below 2.16.840.1.101.3.4.2
_NAMES = {bytes.fromhex("6086480165030402") + bytes([int(oid.split(".")[-1])]): name for oid, name in HASHES.items()}
_OIDS = {name: oid for oid, name in _NAMES.items()}
_VERSION = b"\x02\x01\x01"


@dataclass(frozen=True, slots=True)
class ArchiveTimeStamp:
    """One archive time-stamp, nothing in it verified yet.

    token       DER or BER of the ContentInfo in the timeStamp field
    lists       the reduced hash tree; none: the token stamps the object's hash itself
    algorithm   DER of what the AlgorithmIdentifier holds; None: that of the token's imprint
    attributes  DER of what the attributes hold, kept
    """

    token: bytes
    lists: Lists = ()
    algorithm: bytes | None = None
    attributes: bytes | None = None

    @property
    def hash_name(self) -> str | None:
        """The hash that `algorithm` names, from HASH_SIZES; None where it is absent or unknown."""
        return None if self.algorithm is None else _hash_name(self.algorithm)

    def to_der(self) -> bytes:
        parts = [
            b"" if self.algorithm is None else _der(0xA0, self.algorithm),
            b"" if self.attributes is None else _der(0xA1, self.attributes),
        ]
        if self.lists:
            lists = (_der(_SEQUENCE, *(_der(_OCTETS, value) for value in level)) for level in self.lists)
            parts.append(_der(0xA2, *lists))
        return _der(_SEQUENCE, *parts, self.token)


Chain: TypeAlias = tuple[ArchiveTimeStamp, ...]


@dataclass(frozen=True, slots=True)
class EvidenceRecord:
    """A record: well-formed and within its bounds, nothing in it verified yet.

    chains           the oldest first, each of at least one archive time-stamp
    algorithms       whole AlgorithmIdentifiers, as they stand in digestAlgorithms
    crypto_infos     what the field holds, kept; covered by no time-stamp
    encryption_info  the same; a record that has one is about encrypted objects
    """

    chains: tuple[Chain, ...]
    algorithms: tuple[bytes, ...]
    crypto_infos: bytes | None = None
    encryption_info: bytes | None = None

    @classmethod
    def from_bytes(cls, data: bytes) -> EvidenceRecord:
        """Read a record in DER or BER.  Raises EvidenceRecordInvalid."""
        if len(data) > MAX_BYTES:
            raise EvidenceRecordInvalid(f"the record has {len(data)} bytes, at most {MAX_BYTES} are read")
        (top,) = _elements(data, "file", 1)
        parts = _elements(_expect(top, _SEQUENCE, "record"), "record", 5)
        version = _expect(_next(parts, "version"), _INTEGER, "version")
        if version != b"\x01":
            raise EvidenceRecordInvalid(
                f"version 0x{version[:8].hex()} of evidence records is unknown; version 1 is read"
            )
        listed = _expect(_next(parts, "digestAlgorithms"), _SEQUENCE, "digestAlgorithms")
        algorithms = tuple(
            _der(_SEQUENCE, _expect(item, _SEQUENCE, "algorithm"))
            for item in _elements(listed, "digestAlgorithms", MAX_ALGORITHMS)
        )
        for algorithm in algorithms:
            _named(algorithm)
        crypto_infos, encryption_info = _optional(parts, 0xA0), _optional(parts, 0xA1)
        sequence = _expect(_next(parts, "archiveTimeStampSequence"), _SEQUENCE, "archiveTimeStampSequence")
        if parts:
            raise EvidenceRecordInvalid(f"the record goes on after its chains, with tag 0x{parts[0].tag:02x}")
        chains = _read_chains(sequence)
        return cls(chains, algorithms, crypto_infos, encryption_info)

    def to_bytes(self) -> bytes:
        """The record in DER."""
        return _der(
            _SEQUENCE,
            _VERSION,
            _der(_SEQUENCE, *self.algorithms),
            b"" if self.crypto_infos is None else _der(0xA0, self.crypto_infos),
            b"" if self.encryption_info is None else _der(0xA1, self.encryption_info),
            sequence_der(self.chains),
        )

    def hash_names(self) -> tuple[str | None, ...]:
        """The hashes that digestAlgorithms names; None for an unknown one."""
        return tuple(map(_named, self.algorithms))

    def with_time_stamp(self, hash_name: str, token: bytes) -> EvidenceRecord:
        """The record after a time-stamp renewal.

        hash_name  of the last chain
        token      stamps `time_stamp_value` of the last archive time-stamp alone, so no tree is written
        """
        stamp = ArchiveTimeStamp(token, (), algorithm_of(hash_name))
        return replace(self, chains=(*self.chains[:-1], (*self.chains[-1], stamp)))

    def with_chain(self, hash_name: str, lists: Lists, token: bytes) -> EvidenceRecord:
        """The record after a hash-tree renewal, or a first one.

        lists  lead from `tree_value` of its object (first: the object's hash) to what `token` stamps
        """
        algorithm = algorithm_of(hash_name)
        whole = _der(_SEQUENCE, algorithm)
        known = self.algorithms if hash_name in self.hash_names() else (*self.algorithms, whole)
        return replace(self, chains=(*self.chains, (ArchiveTimeStamp(token, lists, algorithm),)), algorithms=known)


def new_record(hash_name: str, lists: Lists, token: bytes) -> EvidenceRecord:
    """The record of one object: `lists` lead from its hash to what `token` stamps."""
    return EvidenceRecord((), ()).with_chain(hash_name, lists, token)


def time_stamp_value(stamp: ArchiveTimeStamp, hash_name: str) -> bytes:
    """What a time-stamp renewal after `stamp` stamps, under the chain's hash."""
    return digest_of(hash_name, stamp.token)


def tree_value(chains: tuple[Chain, ...], digest: bytes, hash_name: str) -> bytes:
    """What a hash-tree renewal after `chains` stamps for the object whose new hash is `digest`."""
    return digest_of(hash_name, digest, digest_of(hash_name, sequence_der(chains)))


def sequence_der(chains: tuple[Chain, ...]) -> bytes:
    """The archiveTimeStampSequence of `chains`."""
    return _der(_SEQUENCE, *(_der(_SEQUENCE, *(stamp.to_der() for stamp in chain)) for chain in chains))


def algorithm_of(hash_name: str) -> bytes:
    """What an AlgorithmIdentifier of a hash holds: its OID, and no parameters."""
    return _der(_OID, _OIDS[hash_name])


def der_token(token: bytes) -> bytes:
    """`token` in DER, where that changes nothing that is signed; else as it is.

    Readers differ in what they hash of a token that came in BER or with unsorted sets (many do): its bytes, or its DER.
    For a token that is written in DER both are the same.
    """
    try:
        before = _signed_parts(cms.ContentInfo.load(token, strict=True))
        written: bytes = cms.ContentInfo.load(token, strict=True).dump(force=True)
        if _signed_parts(cms.ContentInfo.load(written, strict=True)) == before:
            return written
    except (
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        OverflowError,
        RecursionError,
    ):  # what asn1crypto raises on what is no signed data
        return token
    return token


def _signed_parts(info: cms.ContentInfo) -> object:
    signed = info["content"]
    signers = [
        (signer["sid"].dump(), signer["signed_attrs"].untag().dump(), signer["signature"].native)
        for signer in signed["signer_infos"]
    ]
    certificates = sorted(certificate.dump() for certificate in signed["certificates"] or ())
    return bytes(signed["encap_content_info"]["content"]), signers, certificates


# Reading.


class _Element(NamedTuple):
    """tag: the first octet; raw: with tag and length, in the bytes it came in."""

    tag: int
    content: bytes
    raw: bytes


def _elements(data: bytes, what: str, most: int) -> list[_Element]:
    """The elements that `data` is made of, at least one and at most `most`."""
    found: list[_Element] = []
    at = 0
    while at < len(data):
        if len(found) == most:
            raise EvidenceRecordInvalid(f"the {what} has more than {most} parts")
        start, stop = _content(data, at, what)
        end = stop
        if stop is None:
            end = _end(data, start, what)
            stop = end - 2
        assert end is not None
        found.append(_Element(data[at], data[start:stop], data[at:end]))
        at = end
    if not found:
        raise EvidenceRecordInvalid(f"the {what} is empty")
    return found


def _content(data: bytes, at: int, what: str) -> tuple[int, int | None]:
    """Where the content of the element at `at` begins and ends; None where its end is marked (BER)."""
    if len(data) < at + 2 or data[at] & 0x1F == 0x1F:
        raise EvidenceRecordInvalid(f"the {what} is not ASN.1 at byte {at} of {len(data)}")
    first, start = data[at + 1], at + 2
    if first == 0x80 and data[at] & 0x20:
        return start, None
    if first >= 0x80:
        octets = first & 0x7F
        if not 1 <= octets <= 4 or len(data) < start + octets:
            raise EvidenceRecordInvalid(f"the {what} has a length at byte {at} that none of its kind has")
        first, start = int.from_bytes(data[start : start + octets], "big"), start + octets
    if first > len(data) - start:
        raise EvidenceRecordInvalid(f"the {what} is cut off: {first} bytes are due at {at}, {len(data) - start} there")
    return start, start + first


def _end(data: bytes, at: int, what: str) -> int:
    """Where the element ends whose content begins at `at` and whose end is marked, marks within it passed over."""
    open_marks = 1
    while open_marks:
        if data[at : at + 2] == b"\0\0":
            open_marks, at = open_marks - 1, at + 2
            continue
        start, stop = _content(data, at, what)
        open_marks, at = (open_marks + 1, start) if stop is None else (open_marks, stop)
    return at


def _expect(element: _Element, tag: int, what: str) -> bytes:
    if element.tag != tag:
        raise EvidenceRecordInvalid(f"the {what} has tag 0x{element.tag:02x} instead of 0x{tag:02x}")
    return element.content


def _next(parts: list[_Element], what: str) -> _Element:
    if not parts:
        raise EvidenceRecordInvalid(f"the {what} is missing")
    return parts.pop(0)


def _optional(parts: list[_Element], tag: int) -> bytes | None:
    return parts.pop(0).content if parts and parts[0].tag == tag else None


def _read_chains(sequence: bytes) -> tuple[Chain, ...]:
    chains: list[Chain] = []
    stamps = values = 0
    for item in _elements(sequence, "archiveTimeStampSequence", MAX_CHAINS):
        chain = tuple(
            _read_stamp(_expect(stamp, _SEQUENCE, "archive time-stamp"))
            for stamp in _elements(_expect(item, _SEQUENCE, "chain"), "chain", MAX_STAMPS)
        )
        stamps += len(chain)
        values += sum(len(level) for stamp in chain for level in stamp.lists)
        if stamps > MAX_STAMPS or values > MAX_VALUES:
            raise EvidenceRecordInvalid(
                f"the record has {stamps} time-stamps over {values} values; {MAX_STAMPS} and {MAX_VALUES} are read"
            )
        chains.append(chain)
    return tuple(chains)


def _read_stamp(content: bytes) -> ArchiveTimeStamp:
    parts = _elements(content, "archive time-stamp", 4)
    algorithm, attributes, tree = _optional(parts, 0xA0), _optional(parts, 0xA1), _optional(parts, 0xA2)
    token = _next(parts, "timeStamp")
    _expect(token, _SEQUENCE, "timeStamp")
    if parts:
        raise EvidenceRecordInvalid(f"an archive time-stamp goes on after its token, with tag 0x{parts[0].tag:02x}")
    if len(token.raw) > MAX_TOKEN_BYTES:
        raise EvidenceRecordInvalid(f"a token has {len(token.raw)} bytes, at most {MAX_TOKEN_BYTES} are read")
    if algorithm is not None:
        _hash_name(algorithm)
    lists: Lists = ()
    if tree is not None:
        lists = tuple(
            tuple(
                _octets(value)
                for value in _elements(_expect(level, _SEQUENCE, "list"), "list of hash values", MAX_VALUES)
            )
            for level in _elements(tree, "reducedHashtree", MAX_LISTS)
        )
    return ArchiveTimeStamp(token.raw, lists, algorithm, attributes)


def _octets(element: _Element) -> bytes:
    if element.tag == _OCTETS_IN_PARTS:  # BER
        return b"".join(_expect(part, _OCTETS, "hash value") for part in _elements(element.content, "hash value", 8))
    return _expect(element, _OCTETS, "hash value")


def _hash_name(algorithm: bytes) -> str | None:
    """The hash that the content of an AlgorithmIdentifier names; its parameters are absent or NULL."""
    oid, *parameters = _elements(algorithm, "algorithm", 2)
    name = _NAMES.get(_expect(oid, _OID, "algorithm"))
    if name is not None and parameters and parameters[0].raw != b"\x05\x00":
        raise EvidenceRecordInvalid(f"the hash {name} has parameters, {len(parameters[0].raw)} bytes of them")
    return name


def _named(algorithm: bytes) -> str | None:
    """The hash that a whole AlgorithmIdentifier names."""
    return _hash_name(_elements(algorithm, "algorithm", 1)[0].content)


def _der(tag: int, *parts: bytes) -> bytes:
    return tsp_ber.encode(bytes([tag]), b"".join(parts))

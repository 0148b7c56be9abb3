"""What the verifier knows from a side of its own: blocks, time-stamp authorities, Bitcoin headers, signers.

An anchor's proof says only "if block N of chain C has hash H", "if this authority is to be trusted", "if this is a
Bitcoin header". Nothing inside a receipt can answer that, so it is asked here: of what was given by hand (`--block`,
`--tsa-root`, `--bitcoin-header`), of a trusted-blocks file, or of a node that the verifier chose (`--rpc`).

    {"format": "tallystick/trusted-blocks", "version": 1,
     "chains": [
       {"chain_id": 1, "genesis": "0x...", "name": "Ethereum", "dev": false, "contracts": ["0x..."],
        "uncertainty_seconds": 12, "blocks": [{"number": 21000000, "hash": "0x...", "timestamp": 1729164935}]}],
     "authorities": [                                                                                      (optional)
       {"name": "...", "root": base64 of a DER certificate, "certificates": [base64, ...], "policies": ["1.2.3", ...],
        "qualified": false, "uncertainty_seconds": 60, "crls": [base64 of a DER revocation list, ...]}],
     "bitcoin": [{"height": 800000, "header": hex of 80 bytes, "regtest": false}],                         (optional)
     "signers": [{"name": "...", "root": base64 of a DER certificate}]}                                    (optional)

Chains are told apart by number and genesis hash. No proof covers the genesis hash that a receipt names, so naming
another one must not loosen anything: where a chain of that number is known with its genesis, a receipt that names none
of those is not confirmed, and a block given by hand stands under all that is known of its chain number.

A development chain is trusted only where the file says `"dev": true`, and then the verdict says so. `contracts`, where
given, are the only ones trusted on that chain. `timestamp` of a block is needed only for the lower bound of a time; a
header brings its own.

An authority's certificates and lists are kept as bytes here; who reads tokens reads them (notary/timestamps/tsp.py).
`certificates` serve tokens that bring none; `policies`, where given, are the only ones accepted; `qualified` is the
file's word that the authority was a qualified one (eIDAS) when it stamped. `signers` are the roots of certificates
that sign custody.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from notary import jcs, reading
from notary.errors import TrustInvalid
from notary.jcs import Json
from notary.reading import Reader
from notary.verdicts.reasons import Reason, Said, Status, Text, said
from notary.verdicts.reasons.en import WORDS as ENGLISH

DEV_CHAIN_IDS = frozenset({1337, 31337, 31338})
DEFAULT_UNCERTAINTY = 900  # seconds; sequencers and validators may set a block's time some minutes off
AUTHORITY_UNCERTAINTY = 60  # seconds; accuracy is often not stated in tokens, and authorities promise a second
MAX_BYTES = 16 * 1024 * 1024
MAX_CHAINS = 1000
MAX_BLOCKS = 100_000  # per chain
MAX_CONTRACTS = 1000  # per chain
MAX_AUTHORITIES = 100
MAX_CERTIFICATES = 32  # per authority: the intermediate ones and those that signed over the years
MAX_CERTIFICATE_BYTES = 64 * 1024  # a post-quantum one has some 10 KB
MAX_CRLS = 16  # per authority
MAX_CRL_BYTES = 4 * 1024 * 1024
MAX_POLICIES = 64  # per authority
MAX_HEADERS = 100_000  # of Bitcoin; the whole chain is a file of headers, not of JSON
MAX_HEIGHT = 2**31 - 1
MAX_SIGNERS = 100
MAX_NAME = 200  # characters
HEADER_SIZE = 80

_BLOCK = re.compile(r"([1-9][0-9]{0,15}):(0|[1-9][0-9]{0,15}):(0x[0-9a-f]{64})", re.IGNORECASE)
_HEADER = re.compile(r"(0|[1-9][0-9]{0,9}):((?:[0-9a-f]{2}){80})", re.IGNORECASE)
_OID = re.compile(r"[0-2](\.(0|[1-9][0-9]{0,38})){1,32}")

FILE = said(Text.SOURCE_FILE)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TrustedBlock:
    """A block as the verifier's own source knows it.

    hash       32 bytes
    timestamp  Unix seconds, where the source says it
    source     names the source in explanations
    """

    number: int
    hash: bytes
    timestamp: int | None = None
    source: Said = FILE


@dataclass(frozen=True, slots=True)
class TrustedChain:
    """A chain as the verifier's own source knows it.

    genesis    32 bytes; None where the source does not say (a hash given by hand)
    dev        True: a development chain that the verifier trusts all the same
    contracts  20 bytes each; empty: none is pinned
    blocks     by number
    """

    chain_id: int
    genesis: bytes | None = None
    name: str = ""
    dev: bool = False
    contracts: tuple[bytes, ...] = ()
    blocks: Mapping[int, TrustedBlock] = field(default_factory=dict)
    uncertainty_seconds: int = DEFAULT_UNCERTAINTY


@dataclass(frozen=True, slots=True)
class TrustedAuthority:
    """A time-stamp authority that the verifier trusts, by its root certificate; all bytes are DER, not read yet.

    root                 of the chain that its tokens' certificates must end in
    certificates         intermediate ones, and those of tokens that bring none
    policies             object identifiers that are accepted; empty: any
    qualified            the verifier's source says that it is a qualified one (eIDAS)
    uncertainty_seconds  of its tokens' times, at least: one may state a worse accuracy
    crls                 revocation lists
    """

    name: str
    root: bytes
    certificates: tuple[bytes, ...] = ()
    policies: tuple[str, ...] = ()
    qualified: bool = False
    uncertainty_seconds: int = AUTHORITY_UNCERTAINTY
    crls: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class TrustedHeader:
    """A header of the Bitcoin chain as the verifier's own source knows it.

    header   80 bytes
    source   names the source in explanations
    regtest  it is of a development chain, whose blocks anybody makes in no time; the verdict says so
    """

    height: int
    header: bytes
    source: Said = FILE
    regtest: bool = False


@dataclass(frozen=True, slots=True)
class TrustedSigner:
    """A root whose certificates may sign custody; `root` is DER, not read yet."""

    name: str
    root: bytes


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the verifier's sources say about one block.

    status       PASSED: it is known; FAILED: another block of that number is known; else INDETERMINATE
    reason       set unless PASSED; on PASSED it may be dev-chain
    pinned       the contract is one of those that the verifier names
    uncertainty  seconds
    """

    status: Status
    said: Said
    reason: Reason | None = None
    pinned: bool = False
    uncertainty: int = DEFAULT_UNCERTAINTY

    @property
    def detail(self) -> str:
        """What is said, in English."""
        return ENGLISH.tell(self.said)


@dataclass(frozen=True, slots=True)
class KnownTime:
    """When a block was made, as the verifier's sources say.

    timestamp    Unix seconds
    uncertainty  seconds that the chain's clock may be off
    dev          a development chain's block: whoever has the chain set its clock
    """

    timestamp: int
    uncertainty: int
    dev: bool = False


@dataclass(frozen=True, slots=True)
class Trust:
    """All that the verifier knows from its own side. `Trust()` is nothing at all: the default."""

    chains: tuple[TrustedChain, ...] = ()
    authorities: tuple[TrustedAuthority, ...] = ()
    bitcoin: tuple[TrustedHeader, ...] = ()
    signers: tuple[TrustedSigner, ...] = ()

    @classmethod
    def from_bytes(cls, data: bytes) -> Trust:
        """Read a trusted-blocks file.  Raises TrustInvalid or JsonInvalid."""
        top = Reader.open(data, MAX_BYTES, "trusted-blocks file", TrustInvalid)
        top.only("format", "version", "chains", optional=("authorities", "bitcoin", "signers"))
        if top.text("format") != "tallystick/trusted-blocks" or top.integer("version") != 1:
            raise TrustInvalid("the file is not of the format tallystick/trusted-blocks, version 1")
        chains = tuple(_read_chain(chain) for chain in top.objects("chains", MAX_CHAINS))
        if len({(chain.chain_id, chain.genesis) for chain in chains}) != len(chains):
            raise TrustInvalid("a chain is there twice")
        authorities = _read_list(top, "authorities", MAX_AUTHORITIES, _read_authority)
        signers = _read_list(top, "signers", MAX_SIGNERS, _read_signer)
        trust = cls(chains, authorities, signers=signers)
        return trust.with_headers(_read_list(top, "bitcoin", MAX_HEADERS, _read_header))

    def to_bytes(self) -> bytes:
        """The trusted-blocks file that says the same."""
        value: dict[str, Json] = {"format": "tallystick/trusted-blocks", "version": 1}
        value["chains"] = [_write_chain(chain) for chain in self.chains]
        if self.authorities:
            value["authorities"] = [_write_authority(authority) for authority in self.authorities]
        if self.bitcoin:
            value["bitcoin"] = [
                {"height": one.height, "header": one.header.hex(), "regtest": one.regtest} for one in self.bitcoin
            ]
        if self.signers:
            value["signers"] = [{"name": one.name, "root": _base64(one.root)} for one in self.signers]
        return jcs.dumps(value) + b"\n"

    def with_block(self, chain_id: int, block: TrustedBlock, genesis: bytes | None = None) -> Trust:
        """This trust and one more block.

        genesis  32 bytes, where the source has checked it; else None

        Raises TrustInvalid when another block of that number is known already: on this chain, or without a genesis on
        any chain of this chain id.
        """
        found = next((c for c in self.chains if (c.chain_id, c.genesis) == (chain_id, genesis)), None)
        for other in self.chains:
            if other is not found and (genesis is not None or other.chain_id != chain_id):
                continue
            known = other.blocks.get(block.number)
            if known is not None and known.hash != block.hash:
                raise TrustInvalid(
                    f"your sources contradict each other about block {block.number} of chain {chain_id}: "
                    f"0x{known.hash.hex()} by {ENGLISH.tell(known.source)}, "
                    f"0x{block.hash.hex()} by {ENGLISH.tell(block.source)}"
                )
        chain = found or TrustedChain(chain_id, genesis)
        chain = replace(chain, blocks={**chain.blocks, block.number: block})
        return replace(self, chains=(*(c for c in self.chains if c is not found), chain))

    def with_authority(self, authority: TrustedAuthority) -> Trust:
        """This trust and one more time-stamp authority."""
        return replace(self, authorities=(*self.authorities, authority))

    def with_signer(self, signer: TrustedSigner) -> Trust:
        """This trust and one more root of custody signers."""
        return replace(self, signers=(*self.signers, signer))

    def with_headers(self, headers: Iterable[TrustedHeader]) -> Trust:
        """This trust and more Bitcoin headers.

        Raises TrustInvalid when another header of one's height is known already.
        """
        known = {one.height: one for one in self.bitcoin}
        for header in headers:
            if len(header.header) != HEADER_SIZE:
                raise TrustInvalid(f"a Bitcoin header has {HEADER_SIZE} bytes, not {len(header.header)}")
            other = known.setdefault(header.height, header)
            if other.header != header.header:
                raise TrustInvalid(
                    f"your sources contradict each other about Bitcoin block {header.height}: "
                    f"{other.header.hex()} by {ENGLISH.tell(other.source)}, "
                    f"{header.header.hex()} by {ENGLISH.tell(header.source)}"
                )
        return replace(self, bitcoin=tuple(known.values()))

    def judge(self, chain_id: int, genesis: bytes, contract: bytes, number: int, block_hash: bytes) -> Judgement:
        """What is known about block `number` of the chain with this number and genesis, and about this contract."""
        same_id = [chain for chain in self.chains if chain.chain_id == chain_id]
        chains = [chain for chain in same_id if chain.genesis in (None, genesis)]
        if any(chain.genesis for chain in same_id) and not any(chain.genesis == genesis for chain in same_id):
            detail = said(Text.GENESIS_OTHER, chain=chain_id, genesis=reading.evm(genesis))
            return Judgement(Status.INDETERMINATE, detail, Reason.GENESIS_DIFFERS)
        # Where only a hash without a genesis can confirm the block, all that is known of that chain id applies.
        by_genesis = any(chain.genesis and number in chain.blocks for chain in chains)
        binding = chains if by_genesis else same_id
        blocks = [block for chain in binding if (block := chain.blocks.get(number))]
        for block in blocks:
            if block.hash != block_hash:
                return Judgement(Status.FAILED, block_known(block.source, chain_id, block), Reason.BLOCK_HASH_DIFFERS)
        if not blocks:
            detail = said(Text.BLOCK_UNKNOWN, number=number, chain=chain_id, hash=reading.evm(block_hash))
            return Judgement(Status.INDETERMINATE, detail, Reason.BLOCK_HASH_UNCONFIRMED)
        trusted_dev = any(chain.dev for chain in chains)
        if chain_id in DEV_CHAIN_IDS and not trusted_dev:
            detail = said(Text.CHAIN_FOR_DEVELOPMENT, chain=chain_id)
            return Judgement(Status.INDETERMINATE, detail, Reason.DEV_CHAIN_UNTRUSTED)
        contracts = {pinned for chain in binding for pinned in chain.contracts}
        if contracts and contract not in contracts:
            values = {"contract": reading.evm(contract), "count": len(contracts), "chain": chain_id}
            detail = Said(Text.CONTRACT_OTHER, values)
            return Judgement(Status.INDETERMINATE, detail, Reason.CONTRACT_UNTRUSTED)
        return Judgement(
            Status.PASSED,
            block_known(blocks[0].source, chain_id, blocks[0]),
            Reason.DEV_CHAIN if trusted_dev else None,
            bool(contracts),
            max(chain.uncertainty_seconds for chain in chains),
        )

    def time_of(self, chain_id: int, number: int, block_hash: bytes) -> KnownTime | None:
        """The time of a block that the verifier's sources know with its time, on a chain that they trust."""
        chains = [chain for chain in self.chains if chain.chain_id == chain_id]
        for chain in chains:
            block = chain.blocks.get(number)
            if block is not None and block.hash == block_hash and block.timestamp is not None:
                return known_time(chain_id, chains, block.timestamp)
        return None


def block_known(source: Said, chain_id: int, block: TrustedBlock) -> Said:
    """That `source` knows this block."""
    return said(Text.BLOCK_KNOWN, source=source, number=block.number, chain=chain_id, hash=reading.evm(block.hash))


def known_time(chain_id: int, chains: Iterable[TrustedChain], timestamp: int) -> KnownTime | None:
    """The time of a block, as good as a chain's clock is; None on a development chain that the verifier does not trust.

    chains  what is known of that chain id
    """
    known = list(chains)
    dev = any(chain.dev for chain in known)
    if chain_id in DEV_CHAIN_IDS and not dev:
        return None
    uncertainty = max((chain.uncertainty_seconds for chain in known), default=DEFAULT_UNCERTAINTY)
    return KnownTime(timestamp, uncertainty, dev)


def parse_block(text: str) -> tuple[int, int, bytes]:
    """(chain id, number, hash of 32 bytes) of a block written CHAIN:NUMBER:0xHASH.  Raises TrustInvalid."""
    match = _BLOCK.fullmatch(text)
    if not match:
        raise TrustInvalid(f"not a block: {text[:100]!r}")
    return int(match[1]), int(match[2]), bytes.fromhex(match[3][2:])


def trust_blocks(texts: Iterable[str], trust: Trust | None = None) -> Trust:
    """`trust` and the blocks written CHAIN:NUMBER:0xHASH.  Raises TrustInvalid."""
    trust = trust or Trust()
    for text in texts:
        chain_id, number, block_hash = parse_block(text)
        trust = trust.with_block(chain_id, TrustedBlock(number, block_hash, source=said(Text.SOURCE_BLOCK_OPTION)))
    return trust


def parse_header(text: str) -> TrustedHeader:
    """A Bitcoin header written HEIGHT:HEX, with 160 hexadecimal digits.  Raises TrustInvalid."""
    match = _HEADER.fullmatch(text)
    if not match or int(match[1]) > MAX_HEIGHT:
        raise TrustInvalid(f"not a Bitcoin header: {text[:100]!r}; one is HEIGHT:HEX with 160 hexadecimal digits")
    return TrustedHeader(int(match[1]), bytes.fromhex(match[2]), said(Text.SOURCE_HEADER_OPTION))


def _read_list(top: Reader, name: str, most: int, read: Callable[[Reader], T]) -> tuple[T, ...]:
    """An optional list of the file."""
    return tuple(read(item) for item in top.objects(name, most)) if top.has(name) else ()


def _read_authority(item: Reader) -> TrustedAuthority:
    optional = ("name", "certificates", "policies", "qualified", "uncertainty_seconds", "crls")
    item.only("root", optional=optional)
    policies = item.items("policies", MAX_POLICIES) if item.has("policies") else []
    texts = tuple(policy for policy in policies if isinstance(policy, str) and _OID.fullmatch(policy))
    if len(texts) != len(policies):
        raise item.refuse("policies", "is not a list of object identifiers such as 1.2.3.4")
    return TrustedAuthority(
        name=item.text("name", MAX_NAME) if item.has("name") else "",
        root=item.base64_bytes("root", MAX_CERTIFICATE_BYTES),
        certificates=_read_ders(item, "certificates", MAX_CERTIFICATES, MAX_CERTIFICATE_BYTES),
        policies=texts,
        qualified=item.boolean("qualified") if item.has("qualified") else False,
        uncertainty_seconds=item.integer("uncertainty_seconds")
        if item.has("uncertainty_seconds")
        else AUTHORITY_UNCERTAINTY,
        crls=_read_ders(item, "crls", MAX_CRLS, MAX_CRL_BYTES),
    )


def _read_ders(item: Reader, name: str, count: int, most: int) -> tuple[bytes, ...]:
    """An optional list of base64."""
    listed = item.items(name, count) if item.has(name) else []
    return tuple(Reader({name: one}, item.what, item.error).base64_bytes(name, most) for one in listed)


def _read_header(item: Reader) -> TrustedHeader:
    item.only("height", "header", optional=("regtest",))
    regtest = item.boolean("regtest") if item.has("regtest") else False
    return TrustedHeader(item.integer("height", most=MAX_HEIGHT), item.hex("header", HEADER_SIZE), regtest=regtest)


def _read_signer(item: Reader) -> TrustedSigner:
    item.only("root", optional=("name",))
    name = item.text("name", MAX_NAME) if item.has("name") else ""
    return TrustedSigner(name, item.base64_bytes("root", MAX_CERTIFICATE_BYTES))


def _read_chain(chain: Reader) -> TrustedChain:
    chain.only("chain_id", "genesis", "blocks", optional=("name", "dev", "contracts", "uncertainty_seconds"))
    listed = [_read_block(block) for block in chain.objects("blocks", MAX_BLOCKS)]
    blocks = {block.number: block for block in listed}
    if len(blocks) != len(listed):
        raise TrustInvalid(f"the {chain.what} names a block twice")
    return TrustedChain(
        chain_id=chain.integer("chain_id", least=1),
        genesis=chain.evm_hex("genesis", 32),
        name=chain.text("name") if chain.has("name") else "",
        dev=chain.boolean("dev") if chain.has("dev") else False,
        contracts=chain.evm_hex_list("contracts", MAX_CONTRACTS, 20, 20) if chain.has("contracts") else (),
        blocks=blocks,
        uncertainty_seconds=chain.integer("uncertainty_seconds")
        if chain.has("uncertainty_seconds")
        else DEFAULT_UNCERTAINTY,
    )


def _read_block(block: Reader) -> TrustedBlock:
    block.only("number", "hash", optional=("timestamp",))
    timestamp = block.integer("timestamp") if block.has("timestamp") else None
    return TrustedBlock(block.integer("number"), block.evm_hex("hash", 32), timestamp)


def _write_chain(chain: TrustedChain) -> dict[str, Json]:
    if chain.genesis is None:
        raise TrustInvalid(f"chain {chain.chain_id} has no genesis hash, so it cannot be written to a file")
    blocks: list[Json] = []
    for block in chain.blocks.values():
        entry: dict[str, Json] = {"number": block.number, "hash": reading.evm(block.hash)}
        if block.timestamp is not None:
            entry["timestamp"] = block.timestamp
        blocks.append(entry)
    return {
        "chain_id": chain.chain_id,
        "genesis": reading.evm(chain.genesis),
        "name": chain.name,
        "dev": chain.dev,
        "contracts": [reading.evm(contract) for contract in chain.contracts],
        "uncertainty_seconds": chain.uncertainty_seconds,
        "blocks": blocks,
    }


def _write_authority(authority: TrustedAuthority) -> dict[str, Json]:
    return {
        "name": authority.name,
        "root": _base64(authority.root),
        "certificates": [_base64(certificate) for certificate in authority.certificates],
        "policies": list(authority.policies),
        "qualified": authority.qualified,
        "uncertainty_seconds": authority.uncertainty_seconds,
        "crls": [_base64(crl) for crl in authority.crls],
    }


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()

"""The only file that holds private keys. Whatever signs looks alike: `address`, `sign_transaction`, `sign_typed_data`.

    KeystoreSigner      a web3 secret storage file (v3 JSON), opened with a password
    EnvironmentSigner   a key in an environment variable, for containers that mount secrets so
    UnlockedSigner      the public test accounts that anvil funds; refused unless the chain's profile is a dev chain

A key never leaves: no attribute gives it, `repr`, errors and pickling do not carry it. eth-account signs (with
coincurve, 10x faster than in pure Python); it is imported when the first key is opened.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from onchain.abi import checksum_address
from onchain.errors import SignerLocked, SignerRefused, WrongPassword
from onchain.profiles import ChainProfile
from onchain.typed_data import strict_typed_data

if TYPE_CHECKING:
    from eth_account import Account
    from eth_account.signers.local import LocalAccount

MAX_KEYSTORE_BYTES = 64 * 1024  # a keystore file has about 500
MAX_SCRYPT_BYTES = 512 * 1024 * 1024  # memory that a keystore's parameters may ask for; the usual ones ask for 256 MiB
MAX_SCRYPT_P = 16
MAX_PBKDF2_ROUNDS = 10_000_000  # about ten seconds
TEST_MNEMONIC = "test test test test test test test test test test test junk"  # public: anvil's and hardhat's default
MAX_TEST_ACCOUNTS = 100
_NUMBERS = {"chainId", "nonce", "gas", "gasPrice", "maxFeePerGas", "maxPriorityFeePerGas", "value", "type"}


@dataclass(frozen=True)
class SignedTransaction:
    """A signed transaction: the bytes to broadcast, and their hash (32 bytes)."""

    raw: bytes
    hash: bytes


class Signer(Protocol):
    """Anything that signs for one address."""

    @property
    def address(self) -> str:
        """EIP-55 address."""
        ...

    def sign_transaction(self, tx: Mapping[str, object]) -> SignedTransaction:
        """Sign a whole transaction (chainId, nonce, gas, fees, to, value, data; numbers as int).

        Raises SignerRefused.
        """
        ...

    def sign_typed_data(self, typed: Mapping[str, object]) -> bytes:
        """Sign EIP-712 data {types, primaryType, domain, message}: 65 bytes r, s, v with v 27 or 28.

        Raises SignerRefused.
        """
        ...


class _KeySigner:
    """What the three signers share: one opened key."""

    __slots__ = ("_account",)

    def __init__(self, account: LocalAccount) -> None:
        self._account = account

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.address})"

    def __reduce__(self) -> NoReturn:
        raise SignerRefused("a signer cannot be copied or stored: it holds a key")

    @property
    def address(self) -> str:
        return checksum_address(str(self._account.address))

    def sign_transaction(self, tx: Mapping[str, object]) -> SignedTransaction:
        """See Signer. The transaction must name its chain: one without chainId would be valid everywhere."""
        if not isinstance(tx.get("chainId"), int):
            raise SignerRefused("a transaction without chainId is not signed")
        for name in _NUMBERS & set(tx):
            number = tx[name]
            if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < 2**256:
                raise SignerRefused(f"malformed transaction: {name} is not a number that fits")
        try:
            signed = self._account.sign_transaction(dict(tx))  # type: ignore[arg-type]  # its own check follows
        except (TypeError, ValueError, KeyError, AttributeError) as exc:
            raise SignerRefused(f"malformed transaction ({type(exc).__name__})") from exc
        return SignedTransaction(raw=bytes(signed.raw_transaction), hash=bytes(signed.hash))

    def sign_typed_data(self, typed: Mapping[str, object]) -> bytes:
        """See Signer. Only what fits its types exactly, for one chain and one contract (`typed_data`)."""
        return self._sign(strict_typed_data(typed))

    def sign_statement(self, typed: Mapping[str, object]) -> bytes:
        """Sign EIP-712 data of no chain and no contract, which permits nothing: 65 bytes r, s, v as for typed data.

        Raises SignerRefused, also for a domain that names a chain or a contract.
        """
        return self._sign(strict_typed_data(typed, statement=True))

    @property
    def public_key(self) -> bytes:
        """64 bytes: x and y of the public key."""
        from eth_keys.datatypes import PrivateKey

        return bytes(PrivateKey(bytes(self._account.key)).public_key.to_bytes())

    def _sign(self, message: dict[str, Any]) -> bytes:
        try:
            signed = self._account.sign_typed_data(full_message=message)
        except Exception as exc:  # eth-account lets errors of several libraries through; all mean malformed data
            raise SignerRefused(f"malformed typed data ({type(exc).__name__})") from exc
        return bytes(signed.signature)


class KeystoreSigner(_KeySigner):
    """A key from a keystore file."""

    __slots__ = ()

    @classmethod
    def open(cls, path: Path, password: str) -> KeystoreSigner:
        """Open a keystore file. Raises SignerLocked (missing, broken, hostile parameters), WrongPassword."""
        library = _library()

        keystore = _read_keystore(path)
        try:
            key = library.decrypt(keystore, password)
        except ValueError as exc:
            if "MAC" in str(exc):
                raise WrongPassword(path.name) from None
            raise SignerLocked(path.name, "not a keystore that can be opened") from None
        except Exception:  # a hostile file reaches several libraries; none of their words may carry key material
            raise SignerLocked(path.name, "not a keystore that can be opened") from None
        signer = cls(_account(bytes(key), path.name))
        stated = keystore.get("address")
        if isinstance(stated, str) and stated.removeprefix("0x").lower() != signer.address[2:].lower():
            raise SignerLocked(path.name, "the key does not belong to the address that the file states")
        return signer

    @classmethod
    def create(cls, path: Path, password: str, *, iterations: int | None = None) -> KeystoreSigner:
        """Make a new key and store it (scrypt; mode 0600). Never overwrites.

        iterations  scrypt's N; None takes eth-account's default (2^18: about a second, 256 MiB). Lower only for tests.

        Raises SignerLocked when the file exists, cannot be written, or the password is empty.
        """
        library = _library()

        if not password:
            raise SignerLocked(path.name, "a password is needed")
        account: LocalAccount = library.create()
        keystore = library.encrypt(account.key, password, kdf="scrypt", iterations=iterations)
        _write_private(path, json.dumps(keystore, sort_keys=True) + "\n")
        return cls(account)

    @staticmethod
    def address_of(path: Path) -> str | None:
        """The address that a keystore file states, without opening it; None where it states none.

        Raises SignerLocked.
        """
        stated = _read_keystore(path).get("address")
        if not isinstance(stated, str):
            return None
        return checksum_address("0x" + stated.removeprefix("0x").lower())


class EnvironmentSigner(_KeySigner):
    """A key from an environment variable: 64 hex digits, with or without 0x."""

    __slots__ = ()

    @classmethod
    def open(cls, variable: str, environment: Mapping[str, str] | None = None) -> EnvironmentSigner:
        """Read the key from `variable` of the process's environment, or of the one given. Raises SignerLocked."""
        value = (os.environ if environment is None else environment).get(variable, "").strip()
        where = f"environment variable {variable}"
        if not value:
            raise SignerLocked(where, "it is not set")
        try:
            key = bytes.fromhex(value.removeprefix("0x"))
        except ValueError:
            raise SignerLocked(where, "it is not 64 hex digits") from None
        return cls(_account(key, where))


class UnlockedSigner(_KeySigner):
    """One of the public test accounts that every dev chain funds. Its key is known to everybody."""

    __slots__ = ()

    @classmethod
    def open(cls, profile: ChainProfile, index: int = 0) -> UnlockedSigner:
        """Test account `index` (0 … 99). Raises SignerRefused unless the profile is a dev chain's."""
        if not profile.dev:
            raise SignerRefused(f"public test keys do not sign on chain {profile.chain_id} ({profile.name})")
        if not 0 <= index < MAX_TEST_ACCOUNTS:
            raise SignerRefused(f"test account {index} is not one of {MAX_TEST_ACCOUNTS}")
        return cls(_account(_test_key(index), f"test account {index}"))


@lru_cache(maxsize=MAX_TEST_ACCOUNTS)
def _test_key(index: int) -> bytes:
    _library()
    from eth_account.hdaccount import key_from_seed, seed_from_mnemonic

    return bytes(key_from_seed(seed_from_mnemonic(TEST_MNEMONIC, ""), f"m/44'/60'/0'/0/{index}"))


def _library() -> type[Account]:
    """eth-account, imported when first used.

    What it imports (py_ecc) raises the recursion limit to 100,000, at which Python's stack ends before the limit does:
    a deeply nested JSON from outside would then end the process instead of raising RecursionError. So it is put back.
    """
    limit = sys.getrecursionlimit()
    from eth_account import Account

    sys.setrecursionlimit(limit)
    return Account


def _account(key: bytes, where: str) -> LocalAccount:
    library = _library()

    try:
        account: LocalAccount = library.from_key(key)
    except Exception:  # the message of some versions repeats the key
        raise SignerLocked(where, "not a valid private key") from None
    return account


def _read_keystore(path: Path) -> dict[str, Any]:
    """Parse a keystore file and bound what opening it may cost. Raises SignerLocked."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_KEYSTORE_BYTES + 1)
    except OSError as exc:
        raise SignerLocked(path.name, exc.strerror or type(exc).__name__) from exc
    if len(raw) > MAX_KEYSTORE_BYTES:
        raise SignerLocked(path.name, f"more than {MAX_KEYSTORE_BYTES} bytes")
    try:
        keystore = json.loads(raw)
        crypto = keystore.get("crypto") or keystore["Crypto"]
        parameters = crypto["kdfparams"]
        version, kdf = keystore["version"], crypto["kdf"]
        if kdf == "scrypt":
            n, r, p = (parameters[name] for name in "nrp")
            bounded = all(type(x) is int and x > 0 for x in (n, r, p)) and 128 * n * r <= MAX_SCRYPT_BYTES
            bounded = bounded and p <= MAX_SCRYPT_P
        else:
            bounded = kdf == "pbkdf2" and type(parameters["c"]) is int and 0 < parameters["c"] <= MAX_PBKDF2_ROUNDS
        bounded = bounded and parameters["dklen"] == 32
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise SignerLocked(path.name, "not a keystore file") from None
    if version != 3:
        raise SignerLocked(path.name, "only keystore version 3 is known")
    if not bounded:
        raise SignerLocked(path.name, "its key derivation asks for more than is allowed")
    return dict(keystore)


def _write_private(path: Path, text: str) -> None:
    """Write a new file of mode 0600, whole or not at all. Raises SignerLocked."""
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=path.name, dir=path.parent)  # mkstemp makes it 0600
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.link(temporary, path)  # fails where the file exists
        finally:
            Path(temporary).unlink()
    except FileExistsError as exc:
        raise SignerLocked(path.name, "the file exists already") from exc
    except OSError as exc:
        raise SignerLocked(path.name, exc.strerror or type(exc).__name__) from exc

"""The workspace's keys: keystores in keys/NAME.json, spoken of by name.

In a development workspace (`tallystick init --dev`) new keys get the password in keys/dev-password, which that
command made and said so.  Everywhere else the password comes from the person: `Ask`.  What is done with a key is
`onchain.signer`'s.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from portal.errors import AddressInvalid, KeyExists, KeyMissing, KeyNameInvalid
from portal.logs import conceal
from portal.workspace import safe_name, write_private

if TYPE_CHECKING:
    from onchain.signer import KeystoreSigner

OPERATOR: Final = "operator"  # sends the workspace's own transactions: deployments, anchors, the keeper's
DEV_PASSWORD: Final = "dev-password"  # noqa: S105 (a file name)
CUSTODY_SUFFIX: Final = ".pem"  # of keys that only sign custody entries (`portal.custody`), beside the keystores
DEV_SCRYPT_N: Final = 2**12  # a dev key's password lies beside it; a second of key stretching would protect nothing

Ask = Callable[[str, bool], str]  # (key's name, new) -> password


@dataclass(frozen=True)
class Key:
    """A key's name and address."""

    name: str
    address: str


class KeyRing:
    """The keys in one folder.

    ask   asked for a password when the folder has no dev password
    """

    def __init__(self, folder: Path, ask: Ask) -> None:
        self.folder = folder
        self._ask = ask
        self._open: dict[str, KeystoreSigner] = {}

    @property
    def dev(self) -> bool:
        """Whether the folder has a dev password."""
        return (self.folder / DEV_PASSWORD).is_file()

    def make_dev(self) -> None:
        """Give the folder a dev password."""
        write_private(self.folder / DEV_PASSWORD, secrets.token_urlsafe(24).encode() + b"\n")

    def names(self) -> tuple[str, ...]:
        """Names of the keys, sorted."""
        return tuple(sorted(file.stem for file in self.folder.glob("*.json") if safe_name(file.stem)))

    def all(self) -> tuple[Key, ...]:
        """All keys with their addresses, by name.  Raises SignerLocked for a broken file."""
        return tuple(Key(name, self.address(name)) for name in self.names())

    def address(self, name: str) -> str:
        """The address of a key, without opening it.  Raises KeyMissing, SignerLocked."""
        from onchain.signer import KeystoreSigner

        found = KeystoreSigner.address_of(self._path(name))
        return found if found is not None else self.signer(name).address

    def signer(self, name: str) -> KeystoreSigner:
        """The key, opened with its password.  Raises KeyMissing, PasswordMissing, WrongPassword, SignerLocked."""
        from onchain.signer import KeystoreSigner

        if name not in self._open:
            path = self._path(name)
            self._open[name] = KeystoreSigner.open(path, self._password(name, new=False))
        return self._open[name]

    def create(self, name: str) -> Key:
        """Make a new key.  Raises KeyNameInvalid, KeyExists, PasswordMissing, SignerLocked."""
        from onchain.signer import KeystoreSigner

        if not safe_name(name):
            raise KeyNameInvalid(name)
        path = self.folder / f"{name}.json"
        if path.exists() or (self.folder / f"{name}{CUSTODY_SUFFIX}").exists():
            raise KeyExists(name)
        iterations = DEV_SCRYPT_N if self.dev else None
        signer = KeystoreSigner.create(path, self._password(name, new=True), iterations=iterations)
        self._open[name] = signer
        return Key(name, signer.address)

    def resolve(self, text: str) -> str:
        """The address meant by a key's name or an address.  Raises AddressInvalid, KeyMissing."""
        from onchain.abi import checksum_address

        if not text.startswith(("0x", "0X")):
            return self.address(text)
        if not re.fullmatch(r"0x[0-9a-fA-F]{40}", text):
            raise AddressInvalid(text, "an address is 0x and 40 hex digits")
        wanted = checksum_address(text.lower())
        if text[2:] not in (text[2:].lower(), text[2:].upper()) and text != wanted:
            raise AddressInvalid(text, "its capital letters do not fit: a digit is wrong")
        return wanted

    def name_of(self, address: str) -> str:
        """The name of the key with that address, else the address."""
        for key in self.all():
            if key.address.lower() == address.lower():
                return key.name
        return address

    def _path(self, name: str) -> Path:
        path = self.folder / f"{name}.json"
        if not safe_name(name) or not path.is_file():
            raise KeyMissing(name)
        return path

    def _password(self, name: str, *, new: bool) -> str:
        if self.dev:
            return conceal((self.folder / DEV_PASSWORD).read_text().strip())
        return self._ask(name, new)

"""Who time-stamps heads besides the chain: RFC 3161 authorities and OpenTimestamps calendars, as configured.

Values only; the adapters that speak with them are notary/timestamps/tsp_client.py and notary/timestamps/calendars.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from notary.verdicts.trust import TrustedAuthority


@dataclass(frozen=True, slots=True)
class Authority:
    """One RFC 3161 time-stamp authority.

    name          how it is called here; stands in rows and tables
    url           http or https; may carry a user and password, so it is in no repr
    hash          of the imprint, as hashlib names it: sha256, sha384, sha512, sha3_256, sha3_384, sha3_512
    policy        dotted object identifier that is asked for, None: the authority's own
    root          DER of the certificate that its chain must lead to; None: its tokens cannot be judged when they come
    certificates  DER of intermediates and leaf, for tokens that come without
    crls          DER of revocation lists; a revoked signer's token is refused when it comes
    qualified     whether it is a qualified trust service (eIDAS)
    """

    name: str
    url: str = field(repr=False)
    hash: str = "sha256"
    policy: str | None = None
    root: bytes | None = field(default=None, repr=False)
    certificates: tuple[bytes, ...] = field(default=(), repr=False)
    crls: tuple[bytes, ...] = field(default=(), repr=False)
    qualified: bool = False

    def trusted(self) -> TrustedAuthority | None:
        """As those trust it who configured it; None without a root."""
        if self.root is None:
            return None
        return TrustedAuthority(self.name, self.root, self.certificates, qualified=self.qualified, crls=self.crls)


@dataclass(frozen=True, slots=True)
class TimestampSources:
    """Who is asked for time stamps, and for how many.

    authorities       in the order in which they are asked; the next one when one fails
    tokens            tokens that each head gets, each of another authority; at most as many as there are authorities
    calendars         base addresses of the calendars that every head is submitted to
    calendars_needed  calendars that must have answered before no further one is asked
    allowed           base addresses of the calendars that may be asked for the rest of a proof: what a proof names
                      besides is never connected to
    unusable          configured but not usable, each with its reason: said where nothing else is left
    """

    authorities: tuple[Authority, ...] = ()
    tokens: int = 1
    calendars: tuple[str, ...] = field(default=(), repr=False)
    calendars_needed: int = 1
    allowed: tuple[str, ...] = field(default=(), repr=False)
    unusable: tuple[str, ...] = ()

    def trusted(self) -> tuple[TrustedAuthority, ...]:
        """The authorities whose root is known."""
        return tuple(trusted for authority in self.authorities if (trusted := authority.trusted()) is not None)

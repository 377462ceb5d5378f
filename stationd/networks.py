"""Addresses and networks: which are private, which are admitted, and what counts as one network.

An IPv4 address that comes as an IPv6 one (``::ffff:192.0.2.1``, as on a socket that hears both) is
the IPv4 address that it is, and the zone of a link-local address (``fe80::1%eth0``) says where it
was heard and not who it is.
"""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

__all__ = [
    "EVERYONE",
    "PRIVATE",
    "PRIVATE_NETWORKS",
    "Admitted",
    "address_of",
    "admitted",
    "is_private",
    "network_of",
    "read_network",
]

EVERYONE = "everyone"
PRIVATE = "private"

PRIVATE_NETWORKS = (
    "127.0.0.0/8",
    "::1/128",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "fc00::/7",
    "169.254.0.0/16",
    "fe80::/10",
)
"""Loopback, private (RFC 1918, RFC 4193) and link-local: nobody reaches them from the internet."""

_IPV4_BUCKET = 24
_IPV6_BUCKET = 48
"""The largest blocks that one customer is commonly given: nobody has many of them for the asking,
and a neighbour of a flood loses at most what its own block has in unknown numbers."""

_Address = IPv4Address | IPv6Address


def address_of(host: str) -> _Address | None:
    """Return the address that ``host`` is, without zone and as IPv4 where it is mapped."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


@lru_cache(maxsize=4096)
def network_of(host: str) -> str:
    """Return the network that limits take ``host`` for: a /24 of IPv4, a /48 of IPv6."""
    address = address_of(host)
    if address is None:
        return host
    bits = _IPV4_BUCKET if address.version == 4 else _IPV6_BUCKET  # noqa: PLR2004
    return str(ip_network((address, bits), strict=False))


def read_network(text: str) -> IPv4Network | IPv6Network:
    """Return the network that ``text`` names, or raise `ValueError` with what to write."""
    if "%" in text:
        msg = f"{text} has a zone; write the network without it"
        raise ValueError(msg)
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        msg = f"{text} is no network; write 203.0.113.0/24, 2001:db8::/32 or one address"
        raise ValueError(msg) from None
    written = text.partition("/")[0]
    if ip_address(written) != network.network_address:
        msg = f"{text} has bits behind its prefix; write {network}, or {written} for one address"
        raise ValueError(msg)
    if isinstance(network, IPv6Network) and network.network_address.ipv4_mapped:
        msg = f"{text} is IPv4 in the form of IPv6; write it as IPv4"
        raise ValueError(msg)
    return network


def is_private(host: str) -> bool:
    """Tell whether an address that we listen on is out of reach of the internet by itself."""
    return _PRIVATE.takes(host)


class Admitted:
    """The networks that may call in.

    One look-up a prefix length: a list of a thousand networks costs no more than one of ten.
    """

    def __init__(self, networks: Iterable[str]) -> None:
        self._prefixes: dict[int, dict[int, set[int]]] = {4: {}, 6: {}}
        for text in networks:
            network = read_network(text)
            behind = network.max_prefixlen - network.prefixlen
            prefixes = self._prefixes[network.version].setdefault(behind, set())
            prefixes.add(int(network.network_address) >> behind)

    def takes(self, host: str) -> bool:
        """Tell whether ``host`` may call in."""
        address = address_of(host)
        if address is None:
            return False
        number = int(address)
        return any(
            number >> behind in prefixes
            for behind, prefixes in self._prefixes[address.version].items()
        )


_PRIVATE = Admitted(PRIVATE_NETWORKS)


def admitted(admit: str | Iterable[str]) -> Admitted | None:
    """Return whom a listener's ``admit`` takes; None: everyone."""
    if admit == EVERYONE:
        return None
    return _PRIVATE if isinstance(admit, str) else Admitted(admit)

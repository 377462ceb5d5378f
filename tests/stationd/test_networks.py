"""Addresses and networks: what is private, what is admitted, what counts as one network."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationd.networks import (
    EVERYONE,
    PRIVATE,
    Admitted,
    address_of,
    admitted,
    is_private,
    network_of,
    read_network,
)

ADDRESSES = st.ip_addresses().map(str)


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("/dev/ttyS0", "/dev/ttyS0"),
    ],
)
def test_one_network_is_what_one_customer_is_given(host: str, network: str) -> None:
    assert network_of(host) == network


@pytest.mark.parametrize(
    ("host", "private"),
    [
        ("127.0.0.1", True),
        ("127.200.3.4", True),
        ("::1", True),
        ("10.1.2.3", True),
        ("172.31.255.255", True),
        ("172.32.0.0", False),
        ("192.168.7.7", True),
        ("169.254.1.1", True),
        ("fe80::1%eth0", True),
        ("fd12::1", True),
        ("::ffff:10.0.0.1", True),
        ("::ffff:192.0.2.1", False),
        ("100.64.0.1", False),
        ("192.0.2.1", False),
        ("2001:db8::1", False),
        ("0.0.0.0", False),
        ("::", False),
        ("panels.example.com", False),
    ],
)
def test_private_is_what_nobody_reaches_from_the_internet(host: str, private: bool) -> None:
    assert is_private(host) is private


def test_an_ipv4_address_in_the_form_of_ipv6_is_the_ipv4_address() -> None:
    assert address_of("::ffff:192.0.2.1") == ip_address("192.0.2.1")
    assert Admitted(["192.0.2.0/24"]).takes("::ffff:192.0.2.9")
    assert not Admitted(["::/0"]).takes("::ffff:192.0.2.9")


def test_a_zone_says_where_an_address_was_heard_and_not_whose_it_is() -> None:
    assert Admitted(["fe80::/64"]).takes("fe80::7%enp3s0")


def test_everyone_needs_no_look_and_private_is_a_list() -> None:
    assert admitted(EVERYONE) is None
    private = admitted(PRIVATE)
    assert private is not None
    assert private.takes("10.0.0.1")
    assert not private.takes("192.0.2.1")


@given(st.lists(st.ip_addresses(), min_size=1, max_size=5), ADDRESSES, st.integers(0, 32))
def test_who_is_admitted_is_who_lies_in_one_of_the_networks(
    bases: list[object], host: str, bits: int
) -> None:
    networks = [ip_network((str(base), bits), strict=False) for base in bases]
    address = address_of(host)
    within = any(address in network for network in networks)
    assert Admitted(str(n) for n in networks if not _mapped(n)).takes(host) is (
        within and any(address in n for n in networks if not _mapped(n))
    )


def _mapped(network: object) -> bool:
    return network.version == 6 and network.network_address.ipv4_mapped is not None  # type: ignore[attr-defined]


@given(ADDRESSES)
def test_an_address_lies_in_its_network(host: str) -> None:
    assert address_of(host) in ip_network(network_of(host))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("ten", "ten is no network; write 203.0.113.0/24, 2001:db8::/32 or one address"),
        ("10.0.0.0/33", "10.0.0.0/33 is no network"),
        ("10.0.0.1/8", "10.0.0.1/8 has bits behind its prefix; write 10.0.0.0/8, or 10.0.0.1 for"),
        ("::ffff:10.0.0.0/104", "is IPv4 in the form of IPv6; write it as IPv4"),
        ("fe80::%eth0/64", "has a zone; write the network without it"),
    ],
)
def test_a_network_that_cannot_be_read_says_what_to_write(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        read_network(text)


def test_one_address_is_a_network_of_its_own() -> None:
    assert str(read_network("192.0.2.7")) == "192.0.2.7/32"
    assert str(read_network("2001:db8::/32")) == "2001:db8::/32"

"""Who may call in, how much and how, as the settings take and refuse it."""

from typing import Any

import pytest

from stationd.errors import SettingsError
from stationd.listeners import CalledListener, TcpListener
from stationd.settings import parse

HEAD = '[station]\nstation = "s"\nnode = "n"\n[ledger]\norigin = "log.example.com/s"\n'


def listener(**given: str) -> CalledListener:
    fields = {"kind": '"tcp"', "name": '"panels"', "receiver": '"dc09"', "port": "12000"} | given
    lines = "\n".join(f"{name} = {value}" for name, value in fields.items())
    (made,) = parse(f"{HEAD}[[listeners]]\n{lines}\n", "stationd.toml").listeners
    assert isinstance(made, CalledListener)
    return made


def tls(**fields: str) -> TcpListener:
    made = listener(
        tls="{ " + ", ".join(f"{name} = {value}" for name, value in fields.items()) + " }"
    )
    assert isinstance(made, TcpListener)
    return made


def problem(**given: Any) -> str:
    with pytest.raises(SettingsError) as caught:
        listener(**given)
    (only,) = caught.value.problems
    return only


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "::1", "10.0.0.7", "192.168.1.1", "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.1"],
)
def test_a_private_address_needs_no_word_and_admits_private_networks(address: str) -> None:
    assert listener(address=f'"{address}"').admit == "private"


@pytest.mark.parametrize("kind", ["tcp", "udp"])
@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.0.2.5", "2001:db8::5", "100.64.0.1"])
def test_an_address_that_others_reach_needs_the_networks_it_admits(kind: str, address: str) -> None:
    assert problem(kind=f'"{kind}"', address=f'"{address}"') == (
        f"listeners.0.{kind}.admit: {address} is reachable from outside private networks: name the "
        'networks that may call in, as in admit = ["203.0.113.0/24"], or write admit = "private" '
        'for private networks only, or admit = "everyone" for all'
    )


@pytest.mark.parametrize("word", ["everyone", "private"])
def test_a_word_is_enough(word: str) -> None:
    assert listener(address='"0.0.0.0"', admit=f'"{word}"').admit == word


def test_networks_are_written_as_they_are_read() -> None:
    made = listener(address='"0.0.0.0"', admit='["203.0.113.0/24", "2001:DB8::/32", "192.0.2.1"]')
    assert made.admit == ("203.0.113.0/24", "2001:db8::/32", "192.0.2.1/32")


@pytest.mark.parametrize(
    ("admit", "sentence"),
    [
        ('"all"', 'must be a list of networks, "private" or "everyone"'),
        ("7", 'must be a list of networks, "private" or "everyone"'),
        ("[7]", 'must be a list of networks, "private" or "everyone"'),
        ("[]", "an empty list admits nobody; name a network, or take the listener out"),
        ('["10.0.0.1/8"]', "10.0.0.1/8 has bits behind its prefix"),
    ],
)
def test_anything_else_is_refused_with_what_to_write(admit: str, sentence: str) -> None:
    assert problem(admit=admit).startswith(f"listeners.0.tcp.admit: {sentence}")


@pytest.mark.parametrize("address", ["", "localhost", "panels.example.com", "10.0.0"])
def test_a_name_is_no_address(address: str) -> None:
    assert problem(address=f'"{address}"').startswith(
        f"listeners.0.tcp.address: {address!r} is no address: write 127.0.0.1 for this machine only"
    )


def test_a_receiver_cannot_be_left_without_an_answer() -> None:
    assert problem(receiver='"surgard"', unknown_panels='"count"') == (
        "listeners.0.tcp.unknown_panels: surgard is a receiver: it speaks for many accounts, and a "
        "signal that is not acknowledged blocks those behind it; leave unknown_panels out"
    )
    assert listener(receiver='"surgard"', unknown_panels='"take"').unknown_panels == "take"


@pytest.mark.parametrize("policy", ["store", "count"])
def test_events_that_name_nobody_cannot_be_left_without_an_answer(policy: str) -> None:
    assert problem(receiver='"osborne-hoffman"', unknown_panels=f'"{policy}"').endswith(
        "an event of osborne-hoffman need not say whose it is, so that of a known panel would go "
        "without an answer as well; leave unknown_panels out"
    )


def test_a_tap_answers_nobody_anyway() -> None:
    assert problem(mode='"tap"', unknown_panels='"store"').endswith(
        "a tap answers nobody and keeps what it hears; leave unknown_panels out"
    )


def test_a_wrong_receiver_is_the_only_complaint() -> None:
    assert "pigeon is no receiver" in problem(
        receiver='"pigeon"', unknown_panels='"count"', udp="true"
    )


def test_datagrams_on_the_same_port_are_for_receivers_that_send_them() -> None:
    made = listener(udp="true")
    assert isinstance(made, TcpListener)
    assert made.udp
    assert problem(receiver='"galaxy"', udp="true") == (
        "listeners.0.tcp.udp: galaxy does not come over udp"
    )


def test_datagrams_do_not_come_over_tls() -> None:
    assert problem(udp="true", tls='{ certificate = "c", key = "k" }').endswith(
        "datagrams do not come over TLS; give those a listener of kind udp of their own"
    )


def test_tls_asks_for_a_certificate_where_it_has_something_to_check_it_against() -> None:
    made = tls(certificate='"c"', key='"k"', client_ca='"ca"')
    assert made.tls is not None
    assert (made.tls.client_certificates, made.tls.handshake.total_seconds()) == ("required", 10.0)
    with pytest.raises(SettingsError, match="client_certificates needs client_ca, against which"):
        tls(certificate='"c"', key='"k"', client_certificates='"optional"')


def test_a_handshake_has_a_second_at_least() -> None:
    assert problem(tls='{ certificate = "c", key = "k", handshake = "0s" }') == (
        "listeners.0.tcp.tls.handshake: Input should be greater than or equal to 1 second"
    )

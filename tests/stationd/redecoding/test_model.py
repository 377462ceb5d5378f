"""What is asked is kept as text, so that a pass that was cut short is known again."""

from dataclasses import replace

from receivers.own_codes import parse
from receivers.registry import RECEIVERS
from receivers.signals import Signal, SignalClass
from stationd.follower.fields import signal_fields
from stationd.follower.model import ListenerFacts
from stationd.redecoding.model import MEANING, Asked, Tools
from tests.stationd.redecoding.conftest import OWN, nobody

TOOLS = Tools(receivers=RECEIVERS, accounts=nobody, table="t", software="s")


def test_other_entries_or_other_tools_are_another_pass() -> None:
    facts = ListenerFacts(receiver="raw", group="", mode="", options={"end": "0D"})
    versions = {
        TOOLS.versions(Asked()),
        TOOLS.versions(Asked(accounts=("1",))),
        TOOLS.versions(Asked(since="t")),
        replace(TOOLS, table="u").versions(Asked()),
        replace(TOOLS, software="u").versions(Asked()),
        replace(TOOLS, own=parse(OWN)).versions(Asked()),
        replace(TOOLS, now={"a": facts}).versions(Asked()),
        replace(TOOLS, now={"a": replace(facts, options={})}).versions(Asked()),
    }
    assert len(versions) == 8


def test_the_same_is_the_same() -> None:
    assert TOOLS.versions(Asked()) == replace(TOOLS).versions(Asked())


def test_what_a_signal_says_and_nothing_else_is_its_meaning() -> None:
    texts = dict.fromkeys(
        ("code", "code_name", "zone", "user", "area", "text", "receiver", "line", "sequence"), "x"
    )
    times = dict.fromkeys(("panel_time", "sender_time", "receiver_time", "vendor"), "x")
    signal = Signal(
        number="1",
        token="x",
        signal_class=SignalClass.ALARM,
        new=True,
        extra={"q": "E"},
        **texts,  # type: ignore[arg-type]
        **times,  # type: ignore[arg-type]
    )
    assert sorted((*MEANING, "table")) == sorted(signal_fields(signal, "t"))

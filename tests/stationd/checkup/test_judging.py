"""What was heard says which settings fit."""

from typing import Any

import pytest

from stationd.checkup.judging import Asked, judge
from stationd.journal.model import Entry, Kind

FRAME = b"5011 181234E13001001\x14"
BEAT = b"1011           @    \x14"


def asked(**changes: Any) -> Asked:
    settings: dict[str, Any] = {
        "name": "line", "receiver": "surgard", "mode": "primary", "serial": True,
        "has_heartbeat": True, "heartbeat": 90.0, "options": {},
    }  # fmt: skip
    return Asked(**(settings | changes))


def entry(raw: bytes, kind: Kind = Kind.FRAME, at: float = 0.0, note: bytes = b"") -> Entry:
    return Entry(
        received_at=int(at * 1e9), ticks=int(at * 1e9), listener="line", peer="", kind=kind,
        raw=raw, note=note, salt=b"", position=1, link=b"",
    )  # fmt: skip


def named(settings: Asked, entries: list[Entry], seconds: float = 60.0) -> dict[str, str]:
    report = judge(settings, entries, seconds)
    return {finding.name: finding.setting or finding.text for finding in report.findings}


def beat(at: float = 0.0) -> Entry:
    return entry(BEAT, Kind.HEARTBEAT, at)


def test_settings_that_fit_are_left_alone() -> None:
    report = judge(asked(), [beat(), entry(FRAME)], 60)
    assert report.findings == []
    assert not report.faulty
    assert report.looks is not None
    assert report.counts == {"frame": 1, "answer": 0, "heartbeat": 1, "garbled": 0}


@pytest.mark.parametrize(
    ("serial", "words"), [(True, "wire, ground"), (False, "address, port")], ids=["serial", "tcp"]
)
def test_nothing_is_a_finding(serial: bool, words: str) -> None:
    assert words in named(asked(serial=serial), [])["nothing"]


def test_nothing_names_the_link_that_is_down() -> None:
    down = entry(b"", Kind.LINK_DOWN, note=b'{"cause":"cannot open"}')
    assert "cannot open" in named(asked(), [down])["nothing"]


def test_parity_in_the_eighth_bit_is_named_and_the_protocol_still_read() -> None:
    even = bytes(byte | 0x80 if byte.bit_count() % 2 else byte for byte in FRAME)
    report = judge(asked(), [entry(even, Kind.GARBLED)], 5)
    assert [finding.setting for finding in report.findings] == ['parity = "even"\ndata_bits = 7']
    assert report.looks is not None
    assert report.looks.receiver == "surgard"


def test_characters_struck_out_are_a_wrong_parity() -> None:
    found = named(asked(), [beat(), entry(b"5\x0011 18\x14", Kind.GARBLED)])
    assert found == {"parity": 'parity = "none"\ndata_bits = 8'}


def test_another_protocol_is_named() -> None:
    found = named(asked(receiver="dc09", serial=False, has_heartbeat=False), [entry(FRAME)])
    assert found == {"protocol": 'receiver = "surgard"'}


@pytest.mark.parametrize("receiver", ["raw", "surgard"])
def test_a_protocol_that_fits_is_no_finding(receiver: str) -> None:
    assert "protocol" not in named(asked(receiver=receiver), [beat(), entry(FRAME)])


@pytest.mark.parametrize(
    ("header", "setting"),
    [("RRLLL", 'options = { header = "RRL" }'), ("RRL", None), ("auto", None)],
)
def test_a_wrong_header_width_is_named(header: str, setting: str | None) -> None:
    found = named(asked(options={"header": header}), [beat()])
    assert found.get("header") == setting


def test_heartbeats_that_nobody_would_miss_get_a_setting() -> None:
    report = judge(asked(heartbeat=None), [beat(0), beat(30), beat(59)], 60)
    assert [(f.setting, f.faulty) for f in report.findings] == [('heartbeat = "90s"', False)]


@pytest.mark.parametrize(
    ("heartbeat", "seconds", "faulty"), [(30.0, 60, True), (None, 60, False)], ids=str
)
def test_a_heartbeat_that_does_not_come_is_a_finding(
    heartbeat: float | None, seconds: int, faulty: bool
) -> None:
    report = judge(asked(heartbeat=heartbeat), [entry(FRAME)], seconds)
    assert [(f.name, f.faulty) for f in report.findings] == [("heartbeat", faulty)]


def test_too_short_a_look_says_nothing_of_heartbeats() -> None:
    assert named(asked(heartbeat=None), [entry(FRAME)], 5) == {}


@pytest.mark.parametrize(
    ("mode", "words"),
    [("primary", "our answers"), ("proxy", "automation does not"), ("tap", "in time")],
)
def test_repeats_are_answers_not_heard(mode: str, words: str) -> None:
    entries = [beat(), entry(FRAME, at=0), entry(FRAME, at=5)]
    assert words in named(asked(mode=mode), entries)["answers"]


def test_the_same_frame_much_later_is_no_repeat() -> None:
    assert named(asked(), [beat(), entry(FRAME, at=0), entry(FRAME, at=61)]) == {}

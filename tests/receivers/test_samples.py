"""The 147 sample frames: each says what its row says it says, and cutting it changes nothing.

`vectors/sample-frames.csv` was compiled from makers' manuals, the published parts of the
standards and public captures (column ``confidence``); its checksums and cipher texts were computed
and then checked by a second program.
"""

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from receivers import (
    ademco685,
    ademco8000,
    contact_id,
    cp220,
    d6500,
    dc03,
    dc09,
    iti,
    lupus,
    oh,
    surgard,
)
from receivers.automation import read_automation
from receivers.dc09.opening import read_stamp
from receivers.events import Event, Fault, Frame, Garbled, Heartbeat
from receivers.lines import Framer
from receivers.session import Account, Decode, Key, Options
from receivers.signals import Decoded, Signal, SignalClass, Undecoded
from receivers.surgard.framing import framer as surgard_framer
from tests.receivers.conftest import NOON, Station, keyed, pieces

ROWS = list(
    csv.DictReader(
        (Path(__file__).parent.parent / "vectors" / "sample-frames.csv").read_text().splitlines()
    )
)


@dataclass(frozen=True)
class Row:
    protocol: str
    raw: bytes
    direction: str
    meaning: dict[str, object]


SAMPLES = [
    Row(
        row["protocol"],
        bytes.fromhex(row["hex_of_frame"]),
        row["direction"],
        json.loads(row["meaning_json"]),
    )
    for row in ROWS
]
IDS = [f"{n}-{row.protocol}" for n, row in enumerate(SAMPLES, start=2)]

CODECS: dict[str, tuple[Callable[[], Framer], Decode]] = {
    "surgard": (surgard_framer, surgard.decode),
    "ebs-osm-cid": (surgard_framer, surgard.decode),
    "ademco685": (ademco685.framer, ademco685.decode),
    "caps": (lambda: ademco685.framer(caps=True), ademco685.decode),
    "mx8000": (ademco8000.framer, ademco8000.decode),
    "sk9000": (ademco8000.framer, ademco8000.decode),
    "bosch-d6500": (d6500.framer, d6500.decode),
    "radionics6500": (d6500.framer, d6500.decode),
    "iti-generic": (iti.framer, iti.decode),
    "cp220": (cp220.framer, cp220.decode),
    "cid-over-tcp-lupus": (lupus.framer, lupus.decode),
    "oh-ip": (oh.framer, oh.decode),
    "dc03-block": (dc03.framer, dc03.decode),
}


def accounts_of(row: Row) -> Callable[[str], Account | None]:
    meaning = row.meaning
    secret = bytes.fromhex(str(meaning.get("key_hex", ""))) or str(
        meaning.get("key_ascii", "")
    ).encode("ascii")

    def account(number: str) -> Account | None:
        return keyed(number, secret) if secret else None

    return account


def dc09_events(row: Row, parts: list[bytes], at: datetime = NOON) -> list[Event]:
    station = Station("dc09")
    station.accounts.clear()
    account = accounts_of(row)("1234")
    for number in ("1234", "AAAB", "000"):
        if account is not None:
            station.accounts[number] = Account(
                number, account.keys, window_back=None, window_ahead=None
            )
    station.now = at
    events = [event for part in parts for event in station.hears(part)]
    return events + station.session.ended()


def events_of(row: Row, parts: list[bytes]) -> list[Event]:
    if row.protocol == "dc09":
        return dc09_events(row, parts)
    if row.protocol == "contact-id-dtmf":
        # A dialler's string has no framing: it is what was heard between two silences.
        raw = b"".join(parts)
        good = contact_id.read_string(raw.decode("ascii"))
        return [Frame(raw) if good else Garbled(raw, Fault.CHECKSUM)]
    framer = CODECS[row.protocol][0]()
    return [event for part in parts for event in framer.receive(part)] + framer.ended()


def signals_of(row: Row, event: Event) -> tuple[Signal, ...]:
    decode = {
        "dc09": dc09.decode,
        "contact-id-dtmf": lupus.decode,
    }.get(row.protocol) or CODECS[row.protocol][1]
    decoded = decode(event.raw, accounts_of(row), {})
    if isinstance(decoded, Undecoded):
        return ()
    assert decoded.table
    return decoded.signals


# What a key of ``meaning_json`` asks of the frame's signals, and of the events they came in.
Ask = Callable[[Row, list[Event], tuple[Signal, ...]], object]


def first(name: str) -> Ask:
    return lambda _row, _events, signals: getattr(signals[0], name)


def utc(_row: Row, _events: list[Event], signals: tuple[Signal, ...]) -> object:
    moment = read_stamp(signals[0].sender_time)
    assert moment is not None
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def plain(row: Row) -> bytes:
    decoded = dc09.decode(row.raw, accounts_of(row), {})
    assert isinstance(decoded, Decoded)
    return decoded.plain


def pad_length(row: Row, _events: list[Event], _signals: tuple[Signal, ...]) -> int:
    clear = plain(row)
    bar = clear.find(b"|", 0, clear.index(b"]"))
    return bar if bar >= 0 else clear.index(b"]")


ASKS: dict[str, Ask] = {
    "acct": first("number"),
    "account": first("number"),
    "code": first("code"),
    # The row calls zone what the code table says is a user (121, duress).
    "zone": lambda _r, _e, s: s[0].zone or s[0].user,
    "user": first("user"),
    "area": first("area"),
    "group": lambda row, _, s: s[0].line if row.protocol in {"ademco685", "cp220"}
    and "code" not in row.meaning else s[0].area,
    "text": first("text"),
    "ascii_block": first("text"),
    "panel_time": first("panel_time"),
    "time": first("panel_time"),
    "rcvr": first("receiver"),
    "line": first("line"),
    "lc": first("line"),
    "new": first("new"),
    "token": lambda row, _, s: ("*" if b'"*ACK' in row.raw else "") + s[0].token,
    "seq": lambda _r, _e, s: int(s[0].sequence),
    "answers_seq": lambda _r, _e, s: int(s[0].sequence),
    "timestamp": lambda _r, _e, s: s[0].sender_time or None,
    "utc": utc,
    "q": lambda _r, _e, s: s[0].extra["q"],
    "user_or_zone": lambda _r, _e, s: s[0].user or s[0].zone,
    "xdata": lambda row, _, s: {
        key: s[0].extra[key] for key in row.meaning["xdata"]  # type: ignore[attr-defined]
    },
    "frames": lambda _r, e, _s: len(e),
    "crc": lambda row, _e, _s: row.raw[1:3].hex().upper(),
    "aes": lambda row, _e, _s: str(8 * len(accounts_of(row)("1").keys[0].secret)),  # type: ignore[union-attr]
    "pad_bytes": pad_length,
    "bar_before_data": lambda row, _e, _s: b"|" in plain(row),
    "clear": lambda row, _e, _s: plain(row).decode("ascii"),
    "proto": first("token"),
    "type": first("token"),
    "event": lambda _r, _e, s: s[0].code,
    "header": lambda row, _e, s: row.raw[:1].hex() if row.protocol == "radionics6500"
    else "RRLLL" + (" (line 000)" if s[0].line == "000" and "heartbeat" in row.meaning else "")
    if len(s[0].line) == 3 else "RRL",
    "heartbeat": lambda _r, e, _s: isinstance(e[0], Heartbeat),
    "internal": lambda _r, _e, s: s[0].signal_class is SignalClass.SELF,
    "line_card": first("zone"),
    "visual_verification": lambda _r, _e, s: s[0].text.startswith("Idu"),
    "channels": first("text"),
    "fmt": lambda row, _e, s: "3x1 padded" if row.meaning["fmt"] == "3x1 padded"
    and s[0].number.startswith("0") else s[0].extra.get("fmt", s[0].token),
    "value": lambda _r, _e, s: int(s[0].extra["value"]),
    "listen_in_s": lambda _r, _e, s: int(s[0].extra["listen_in_s"]),
    "system": first("code_name"),
    "nnn": first("zone"),
    "record": lambda _r, _e, s: {"okay": "okay/heartbeat"}.get(s[0].token, s[0].token),
    "premise": first("code"),
    "checksum": lambda row, _e, _s: row.raw.rstrip(b"]")[-1:].decode(),
    "string": lambda row, _e, _s: row.raw.decode(),
    "mt": first("token"),
    "pi": lambda _r, _e, s: s[0].extra["pi"],
    "level": lambda _r, _e, s: int(s[0].text.removeprefix("AL")),
    "ok": lambda _r, e, _s: not any(isinstance(event, Garbled) for event in e),
}  # fmt: skip

# Words about the row itself, and values that are written for people.
SAID = {
    "note", "deviation", "key", "key_hex", "key_ascii", "pad_rule", "terminator", "events", "block",
}  # fmt: skip
SPOKEN_TO_A_RECEIVER = [row for row in SAMPLES if row.direction == "automation>receiver"]
HEARD = [
    row
    for row in SAMPLES
    if row.direction != "automation>receiver" and row.meaning.get("ok") is not False
]
BROKEN = [row for row in SAMPLES if row.meaning.get("ok") is False]


def test_there_are_147_samples_and_each_is_looked_at() -> None:
    assert len(SAMPLES) == 147
    assert len(HEARD) + len(BROKEN) + len(SPOKEN_TO_A_RECEIVER) == 147


@pytest.mark.parametrize("row", HEARD, ids=lambda row: f"{row.protocol}-{row.raw[:12].hex()}")
def test_a_sample_says_what_its_row_says(row: Row) -> None:
    events = events_of(row, [row.raw])
    signals = signals_of(row, events[0])
    asked = {key: value for key, value in row.meaning.items() if key in ASKS}
    asked = {key: str(value).split(" (")[0] if key == "line" else value
             for key, value in asked.items()}  # fmt: skip
    if row.protocol == "mx8000" and "fmt" in asked:
        asked["fmt"] = str(asked["fmt"]).split(" ", maxsplit=1)[0]
    if row.protocol == "dc09" and "key_hex" not in asked and b"5994L0" in row.raw:
        assert events == [Frame(row.raw, "AAA", fault=Fault.UNDECRYPTABLE)]
        return
    assert {key: ASKS[key](row, events, signals) for key in asked} == asked
    assert row.meaning.keys() - ASKS.keys() <= SAID | {"answer"}
    assert b"".join(event.raw for event in events) == row.raw.rstrip(b"\x00")


def test_every_event_of_a_frame_is_read() -> None:
    rows = [row for row in HEARD if "events" in row.meaning]
    read = [signals_of(row, events_of(row, [row.raw])[0]) for row in rows]
    assert [
        [[s.code, s.zone] if row.protocol == "dc09" else s.extra["event"] for s in signals]
        for row, signals in zip(rows, read, strict=True)
    ] == [row.meaning["events"] for row in rows]


@pytest.mark.parametrize(
    "row",
    [row for row in HEARD if "block" in row.meaning],
    ids=lambda row: str(row.meaning["block"]),
)
def test_a_block_is_known_by_its_function(row: Row) -> None:
    (signal,) = signals_of(row, events_of(row, [row.raw])[0])
    said = str(row.meaning["block"])
    named = {"N": "new event", "O": "old event"}.get(signal.token, signal.code_name)
    if row.protocol == "dc09":
        named = f"{signal.extra['block']} (old event)"
    assert named == said.removesuffix(", no ack request bit")


@pytest.mark.parametrize("row", BROKEN, ids=lambda row: f"{row.protocol}-{row.raw[:12].hex()}")
def test_a_broken_sample_is_kept_as_garbled_and_not_answered(row: Row) -> None:
    (event,) = events_of(row, [row.raw])
    assert isinstance(event, Garbled)
    assert event.raw == row.raw
    if row.protocol == "dc09":
        assert Station("dc09").says(row.raw) == b""


@pytest.mark.parametrize("row", SPOKEN_TO_A_RECEIVER, ids=lambda row: str(row.meaning))
def test_what_an_automation_says_is_known(row: Row) -> None:
    said = read_automation(row.raw)
    words = {
        "ack": "acknowledgement",
        "nak": "refusal",
        "poll": "poll",
        "link_test": "link test",
        "command": row.meaning.get("command"),
    }
    (key,) = words.keys() & row.meaning.keys()
    assert said == words[key]


@pytest.mark.parametrize(
    "row",
    [row for row in SAMPLES if row.direction != "automation>receiver"],
    ids=[i for i, row in zip(IDS, SAMPLES, strict=True) if row.direction != "automation>receiver"],
)
def test_cutting_a_sample_anywhere_changes_nothing(row: Row) -> None:
    whole = events_of(row, [row.raw])
    cuts = [pieces(row.raw, [n]) for n in range(len(row.raw))]
    assert all(events_of(row, parts) == whole for parts in cuts)
    assert events_of(row, [row.raw[n : n + 1] for n in range(len(row.raw))]) == whole


@pytest.mark.parametrize("protocol", ["dc09", *CODECS])
def test_joining_the_samples_of_a_protocol_changes_nothing(protocol: str) -> None:
    rows = [
        row
        for row in SAMPLES
        if row.protocol == protocol and row.direction != "automation>receiver"
    ]
    apart = [event.raw for row in rows for event in events_of(row, [row.raw])]
    joined = Row(protocol, b"".join(row.raw for row in rows), "", {})
    assert [event.raw for event in events_of(joined, [joined.raw])] == apart


# The receiver of the table that hears each protocol of the samples, and how it is set.
LISTENERS: dict[str, tuple[str, Options, bytes]] = {
    "surgard": ("surgard", {}, b"\x06"),
    "ebs-osm-cid": ("surgard", {}, b"\x06"),
    "ademco685": ("ademco685", {}, b"\x06"),
    "caps": ("ademco685", {"layout": "caps"}, b"\x06"),
    "mx8000": ("mx8000", {}, b"\x06"),
    "sk9000": ("sk9000", {}, b"\x06"),
    "bosch-d6500": ("d6500", {}, b"\x06"),
    "radionics6500": ("d6500", {}, b"\x06"),
    "iti-generic": ("iti", {}, b"\x06"),
    "cp220": ("cp220", {"answer": "06"}, b"\x06"),
    "cid-over-tcp-lupus": ("contact-id-tcp", {}, b"\x06"),
    "oh-ip": ("osborne-hoffman", {}, b'"ACK"'),
}


@pytest.mark.parametrize(
    "row",
    [row for row in HEARD if row.protocol in LISTENERS],
    ids=lambda row: f"{row.protocol}-{row.raw[:12].hex()}",
)
def test_a_sample_is_taken_with_the_answer_of_its_protocol(row: Row) -> None:
    name, options, answer = LISTENERS[row.protocol]
    frames = int(str(row.meaning.get("frames", 1)))
    assert Station(name, options=options).says(row.raw) == answer * frames


@pytest.mark.parametrize(
    "row",
    [row for row in HEARD if row.protocol == "dc03-block"],
    ids=lambda row: row.raw.hex(),
)
def test_a_sample_of_a_block_is_taken_where_it_asks_for_that(row: Row) -> None:
    asks = bool(row.raw[0] & 0x40) and row.direction.startswith("transmitter")
    assert Station("galaxy").says(row.raw) == (b"\x40\x38\x87" if asks else b"")


@pytest.mark.parametrize(
    "row",
    [row for row in HEARD if row.protocol == "dc09" and row.meaning.get("utc")],
    ids=lambda row: str(row.meaning.get("aes", "plain")),
)
def test_a_timed_sample_is_acknowledged_at_its_time_and_refused_later_if_encrypted(
    row: Row,
) -> None:
    secret = bytes.fromhex(str(row.meaning.get("key_hex", "")))
    account = Account("1234", (Key(secret),) if secret else ())
    station = Station("dc09", account)
    answer = station.says(row.raw)
    assert b'ACK"%04d' % int(row.raw[19 if secret else 18 :][:4]) in answer
    station = Station("dc09", account)
    station.now = NOON + timedelta(minutes=1)
    assert (b'"NAK"0000' in station.says(row.raw)) == bool(secret)

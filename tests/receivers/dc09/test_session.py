from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivers.dc09.cipher import decrypt, encrypt
from receivers.dc09.framing import Envelope, Style, envelope, seal
from receivers.dc09.message import TOKENS, clear_text
from receivers.dc09.session import OPTIONS, SWITCHES, recall
from receivers.events import Fault, Frame, Garbled, Heartbeat
from receivers.session import Account, Key
from tests.receivers.conftest import NOON, Station, keyed, pieces

KEY = bytes(range(16))
ALARM = seal(b'"SIA-DCS"0021L0#1234[#1234|NBA5]', Style.STANDARD)


def frame(body: bytes) -> bytes:
    return seal(body, Style.STANDARD)


def sealed(
    head: bytes = b'"*SIA-DCS"0030L0#1234[',
    data: bytes = b"|#1234|Nri1/BA5]",
    at: datetime | None = NOON,
    key: bytes = KEY,
) -> bytes:
    clear = data + (at.strftime("_%H:%M:%S,%m-%d-%Y").encode() if at else b"")
    clear = b"p" * (16 - len(clear) % 16) + clear
    return frame(head + encrypt(key, clear))


def only(station: Station, raw: bytes) -> Frame:
    (event,) = station.hears(raw)
    assert isinstance(event, Frame)
    return event


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        pytest.param(b"0021L0#1234", b"0021L0#1234", id="no R: none comes back"),
        pytest.param(b"0021R1L0#1234", b"0021R1L0#1234", id="R and L"),
        pytest.param(b"0021L#1234", b"0021L#1234", id="empty L"),
        pytest.param(b"0021#1234", b"0021#1234", id="no L"),
        pytest.param(b"0021R0001L0001#001234", b"0021R0001L0001#001234", id="leading zeros"),
        pytest.param(b"0021Rab1Lcd#12ab", b"0021Rab1Lcd#12ab", id="lower-case digits"),
        pytest.param(b"0021r1l0#1234", b"0021r1l0#1234", id="lower-case letters"),
        pytest.param(b"0021R1234L1234#1234", b"0021R1234L1234#1234", id="R and L as the account"),
        pytest.param(b"00A1L0#1", b"00A1L0#1", id="hexadecimal sequence, one digit of account"),
        pytest.param(b"0021L0#XTRM189", b"0021L0#XTRM189", id="letters beyond F"),
        pytest.param(b"0000L0#1234", b"0000L0#1234", id="sequence nought"),
        pytest.param(b"0021R0001L0001", b"0021R0001L0001", id="no account in the head"),
    ],
)
def test_an_acknowledgement_echoes_what_was_received(asked: bytes, answered: bytes) -> None:
    station = Station("dc09")
    assert station.says(frame(b'"SIA-DCS"' + asked + b"[#1234|NBA5]")) == frame(
        b'"ACK"' + answered + b"[]"
    )


@pytest.mark.parametrize(
    ("style", "answer"),
    [
        (Style.STANDARD, Style.STANDARD),
        (Style.BINARY, Style.BINARY),
        (Style.ELDES, Style.STANDARD),
    ],
)
def test_an_answer_has_the_style_of_its_frame(style: Style, answer: Style) -> None:
    station = Station("dc09")
    said = station.says(seal(b'"ADM-CID"0227R1L1#1234[#1234|3401 01 057]', style))
    assert said == seal(b'"ACK"0227R1L1#1234[]', answer)


def test_a_lower_case_frame_is_answered_in_upper_case() -> None:
    raw = b'\n6f740020"SIA-DCS"0021L0#1234[#1234|NBA5]\r'
    assert Station("dc09").says(raw) == frame(b'"ACK"0021L0#1234[]')


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(ALARM.replace(b"6F74", b"6F75"), id="CRC"),
        pytest.param(ALARM.replace(b"0020", b"0021"), id="length"),
        pytest.param(frame(b'"SIA-DCS"'), id="no head"),
        pytest.param(frame(b'"SIA-DCS"zz[]'), id="no sequence"),
    ],
)
def test_what_is_garbled_is_met_with_silence(raw: bytes) -> None:
    station = Station("dc09")
    (event,) = station.hears(raw)
    assert isinstance(event, Garbled)
    assert station.answers(event) == b""


def test_a_frame_with_a_good_crc_and_no_head_is_of_the_wrong_shape() -> None:
    raw = frame(b'"SIA-DCS"zz[]')
    assert Station("dc09").hears(raw) == [Garbled(raw, Fault.SHAPE)]


def test_every_frame_is_answered_in_order() -> None:
    bodies = [b'"SIA-DCS"%04dL0#1234[#1234|NBA%d]' % (n, n) for n in range(1, 9)]
    heads = [b'"ACK"%04dL0#1234[]' % n for n in range(1, 9)]
    station = Station("dc09")
    assert station.says(b"".join(map(frame, bodies))) == b"".join(map(frame, heads))


@given(st.lists(st.integers(min_value=0, max_value=200), max_size=8))
def test_the_answers_do_not_depend_on_how_the_bytes_arrive(cuts: list[int]) -> None:
    station = Station("dc09", keyed("1234", KEY))
    data = ALARM + sealed() + frame(b'"NULL"0000L0#77[]') + b"\x00" + sealed(at=None)
    said = b"".join(station.says(piece) for piece in pieces(data, cuts))
    assert said == Station("dc09", keyed("1234", KEY)).says(data)


# ------------------------------------------------------------------ unknown things


def test_an_unknown_account_is_acknowledged() -> None:
    assert Station("dc09", Account("9999")).says(ALARM) == frame(b'"ACK"0021L0#1234[]')


def test_an_unknown_event_code_is_acknowledged() -> None:
    raw = frame(b'"SIA-DCS"0001L0#1[#1|N??5]')
    assert Station("dc09").says(raw) == frame(b'"ACK"0001L0#1[]')


def test_an_unknown_token_is_kept_and_answered_with_duh() -> None:
    station = Station("dc09")
    raw = frame(b'"NEW-ONE"0007R1L2#1234[#1234|x]')
    event = only(station, raw)
    assert (event.fault, event.raw) == (None, raw)
    assert station.answers(event) == frame(b'"DUH"0007R1L2#1234[]')


def test_an_unknown_token_may_be_acknowledged_instead() -> None:
    station = Station("dc09", options={"unknown_token": "ack"})
    raw = frame(b'"NEW-ONE"0007L0#1234[#1234|x]')
    assert station.says(raw) == frame(b'"ACK"0007L0#1234[]')


@pytest.mark.parametrize("token", [b"ACR-SF", b"SK-FSK2", b"SCN-S24", b"ADM-41E"])
def test_a_token_the_standard_defines_is_acknowledged(token: bytes) -> None:
    raw = frame(b'"%b"0007L0#1234[1234 5]' % token)
    assert Station("dc09").says(raw) == frame(b'"ACK"0007L0#1234[]')


@pytest.mark.parametrize("token", [b"ACK", b"NAK", b"DUH", b"RSP"])
def test_what_another_receiver_answered_is_kept_and_not_answered(token: bytes) -> None:
    station = Station("dc09")
    event = only(station, frame(b'"%b"0007L0#1234[]' % token))
    assert event.fault is None
    assert station.answers(event) == b""


def test_a_heartbeat_is_no_event_of_this_protocol() -> None:
    assert Station("dc09").answers(Heartbeat(b"@")) == b""


# ------------------------------------------------------------------ encryption


@pytest.mark.parametrize("length", [16, 24, 32])
def test_an_encrypted_frame_is_acknowledged_in_cipher_with_our_time(length: int) -> None:
    key = bytes(range(length))
    station = Station("dc09", keyed("1234", key))
    event = only(station, sealed(key=key))
    piece = envelope(station.answers(event))
    assert isinstance(piece, Envelope)
    assert piece.body.startswith(b'"*ACK"0030L0#1234[')
    text = piece.body.partition(b"[")[2]
    clear = clear_text(decrypted(key, text), padded=True)
    assert (clear.data, clear.time, clear.whole) == (b"", "12:00:00,06-15-2025", True)
    assert event == Frame(sealed(key=key), "1234")


def decrypted(key: bytes, text: bytes) -> bytes:
    clear = decrypt(key, text)
    assert clear is not None
    return clear


def test_an_encrypted_frame_in_the_binary_style_is_answered_in_it() -> None:
    station = Station("dc09", keyed("1234", KEY))
    piece = envelope(sealed())
    assert isinstance(piece, Envelope)
    answer = envelope(station.says(seal(piece.body, Style.BINARY)))
    assert isinstance(answer, Envelope)
    assert answer.style is Style.BINARY


@pytest.mark.parametrize(
    ("offset", "fault"),
    [(-40, None), (-41, Fault.STALE), (20, None), (21, Fault.STALE)],
)
def test_the_window_reaches_from_forty_seconds_back_to_twenty_ahead(
    offset: int, fault: Fault | None
) -> None:
    station = Station("dc09", keyed("1234", KEY))
    assert only(station, sealed(at=NOON + timedelta(seconds=offset))).fault is fault


def test_a_frame_outside_the_window_is_refused_with_our_time_in_clear() -> None:
    station = Station("dc09", keyed("1234", KEY))
    event = only(station, sealed(at=NOON - timedelta(hours=1)))
    assert event.fault is Fault.STALE
    assert station.answers(event) == frame(b'"NAK"0000R0L0A0[]_12:00:00,06-15-2025')


def test_the_month_of_a_refusal_is_counted_from_one() -> None:
    station = Station("dc09", keyed("1234", KEY))
    station.now = datetime.fromisoformat("2025-01-31T23:59:59+00:00")
    assert station.says(sealed()).endswith(b"_23:59:59,01-31-2025\r")


def test_the_form_of_the_newer_edition_can_be_chosen() -> None:
    station = Station("dc09", keyed("1234", KEY), options={"nak": "L0#000"})
    said = station.says(sealed(at=NOON - timedelta(hours=1)))
    assert said == frame(b'"NAK"0000L0#000[]_12:00:00,06-15-2025')


def test_a_panel_that_took_our_time_is_acknowledged() -> None:
    station = Station("dc09", keyed("1234", KEY))
    assert b"NAK" in station.says(sealed(at=NOON - timedelta(hours=1)))
    assert b"*ACK" in station.says(sealed(at=NOON))


@pytest.mark.parametrize(
    ("account", "offset", "fault"),
    [
        pytest.param(keyed("1234", KEY, window_back=300), -300, None, id="wider back"),
        pytest.param(keyed("1234", KEY, window_ahead=60), 61, Fault.STALE, id="wider ahead"),
        pytest.param(keyed("1234", KEY, window_back=None), -9999, None, id="no end back"),
        pytest.param(
            keyed("1234", KEY, window_back=None), 21, Fault.STALE, id="still an end ahead"
        ),
        pytest.param(
            keyed("1234", KEY, window_back=None, window_ahead=None), 9999, None, id="none at all"
        ),
        pytest.param(
            keyed("1234", KEY, switches=frozenset({"window_off"})), 99999, None, id="switched off"
        ),
        pytest.param(
            keyed("1234", KEY, switches=frozenset({"clock_local"})), 7200 - 30, None, id="local"
        ),
        pytest.param(
            keyed("1234", KEY, switches=frozenset({"clock_local"})), -20700 + 19, None, id="Nepal"
        ),
        pytest.param(
            keyed("1234", KEY, switches=frozenset({"clock_local"})), 7260, Fault.STALE, id="drifts"
        ),
        pytest.param(
            keyed("1234", KEY, switches=frozenset({"clock_local"})),
            86400,
            Fault.STALE,
            id="another day",
        ),
    ],
)
def test_the_window_of_an_account_is_its_own(
    account: Account, offset: int, fault: Fault | None
) -> None:
    station = Station("dc09", account)
    assert only(station, sealed(at=NOON + timedelta(seconds=offset))).fault is fault


def test_a_time_that_is_none_is_outside_every_window() -> None:
    clear = b"pppppppp|#1234|NBA5]_25:00:00,13-45-2025"
    clear = b"p" * (-len(clear) % 16) + clear
    raw = frame(b'"*SIA-DCS"0030L0#1234[' + encrypt(KEY, clear))
    assert only(Station("dc09", keyed("1234", KEY)), raw).fault is Fault.STALE


def test_leaving_the_time_out_does_not_get_around_the_window() -> None:
    station = Station("dc09", keyed("1234", KEY))
    event = only(station, sealed(at=None))
    assert event.fault is Fault.UNDECRYPTABLE
    assert station.answers(event) == b""


def test_a_panel_that_sends_no_time_can_be_switched() -> None:
    account = keyed("1234", KEY, switches=frozenset({"time_missing"}))
    station = Station("dc09", account)
    assert only(station, sealed(at=None)).fault is None
    assert b"*ACK" in station.says(sealed(at=None))


@pytest.mark.parametrize(
    ("account", "raw"),
    [
        pytest.param(Account("1234"), sealed(), id="no key"),
        pytest.param(Account("9"), sealed(), id="no account"),
        pytest.param(keyed("1234", bytes(16)), sealed(), id="another key"),
        pytest.param(keyed("1234", KEY), frame(b'"*NULL"0000L0#1234[ABC'), id="no whole block"),
        pytest.param(keyed("1234", KEY), frame(b'"*NULL"0000L0#1234[]'), id="nothing encrypted"),
    ],
)
def test_what_no_key_opens_is_kept_and_not_answered(account: Account, raw: bytes) -> None:
    station = Station("dc09", account)
    event = only(station, raw)
    assert event == Frame(raw, "1234", fault=Fault.UNDECRYPTABLE)
    assert station.answers(event) == b""


def test_a_plain_frame_of_an_account_with_a_key_is_kept_and_not_answered() -> None:
    station = Station("dc09", keyed("1234", KEY))
    event = only(station, ALARM)
    assert event == Frame(ALARM, "1234", fault=Fault.NOT_ENCRYPTED)
    assert station.answers(event) == b""


def test_a_transmitter_without_a_key_does_not_speak_for_an_account_with_one() -> None:
    station = Station("dc09", keyed("1234", KEY), Account("77"))
    event = only(station, frame(b'"SIA-DCS"0021L0#77[#1234|NOP5]'))
    assert event.fault is Fault.NOT_ENCRYPTED
    assert station.answers(event) == b""


def test_spaces_around_a_number_do_not_get_around_its_key() -> None:
    station = Station("dc09", Account("77"), keyed("1234", KEY))
    (event,) = station.hears(frame(b'"SIA-DCS"0001L0#77[# 1234 |NBA5]'))
    assert isinstance(event, Frame)
    assert event.fault is Fault.NOT_ENCRYPTED


def test_a_transmitter_may_speak_for_another_account_in_clear() -> None:
    station = Station("dc09", Account("77"), Account("88"))
    event = only(station, frame(b'"SIA-DCS"0021L0#77[#88|NOP5]'))
    assert (event.fault, event.number) == (None, "77")


def test_an_account_only_the_data_name_is_looked_up_there() -> None:
    station = Station("dc09", keyed("006969", KEY))
    event = only(station, frame(b'"SIA-DCS"0021R0001L0001[#006969|Nri04/OP001NM]'))
    assert (event.fault, event.number) == (Fault.NOT_ENCRYPTED, "006969")


def test_plain_frames_can_be_allowed_while_a_key_is_brought_in() -> None:
    station = Station("dc09", keyed("1234", KEY, switches=frozenset({"plain_allowed"})))
    assert only(station, ALARM).fault is None


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("key", "plain", "encrypted"),
    [
        pytest.param(Key(KEY, NOON, NOON + HOUR), Fault.NOT_ENCRYPTED, None, id="from now"),
        pytest.param(Key(KEY, NOON + HOUR, None), None, Fault.EARLY_KEY, id="begins in an hour"),
        pytest.param(Key(KEY, None, NOON), Fault.NOT_ENCRYPTED, Fault.OLD_KEY, id="ended just now"),
    ],
)
def test_a_key_counts_while_it_is_valid_and_never_opens_the_door_when_it_ends(
    key: Key, plain: Fault | None, encrypted: Fault | None
) -> None:
    station = Station("dc09", Account("1234", (key,)))
    assert only(station, ALARM).fault is plain
    assert only(station, sealed()).fault is encrypted


def test_the_old_key_and_the_new_one_both_open_while_they_change() -> None:
    new = bytes(range(1, 33))
    station = Station("dc09", Account("1234", (Key(KEY), Key(new))))
    assert only(station, sealed()).fault is None
    event = only(station, sealed(key=new))
    answer = envelope(station.answers(event))
    assert isinstance(answer, Envelope)
    assert clear_text(decrypted(new, answer.body.partition(b"[")[2]), padded=True).whole


# ------------------------------------------------------------------ keys of a group


def group(*keys: Key, **fields: object) -> Account:
    return Account("", keys, **fields)  # type: ignore[arg-type]


def test_a_number_that_nobody_knows_may_use_the_key_of_the_group() -> None:
    station = Station("dc09", group(Key(KEY), switches=frozenset({"plain_allowed"})))
    event = only(station, sealed())
    assert (event.fault, event.number) == (None, "1234")
    assert b'"*ACK"0030L0#1234[' in station.answers(event)
    assert only(station, ALARM).fault is None


def test_a_group_may_refuse_what_comes_in_clear() -> None:
    station = Station("dc09", group(Key(KEY)))
    event = only(station, ALARM)
    assert event.fault is Fault.NOT_ENCRYPTED
    assert station.answers(event) == b""


def test_the_key_of_the_group_does_not_open_the_frames_of_an_account_with_its_own() -> None:
    station = Station("dc09", group(Key(bytes(16))), keyed("1234", KEY))
    assert only(station, sealed()).fault is None
    assert only(station, sealed(key=bytes(16))).fault is Fault.UNDECRYPTABLE


def test_an_answer_under_the_key_of_the_group_needs_no_memory() -> None:
    station = Station("dc09", group(Key(KEY)))
    event = only(station, sealed())
    station.open()
    assert b'"*ACK"0030L0#1234[' in station.answers(event)


# ------------------------------------------------------------------ refusals and our own clock


def late(minutes: int = 60, number: int = 30) -> bytes:
    return sealed(b'"*SIA-DCS"%04dL0#1234[' % number, at=NOON - timedelta(minutes=minutes))


def test_a_panel_that_takes_no_notice_of_our_time_is_refused_five_times_then_once_a_minute() -> (
    None
):
    station = Station("dc09", keyed("1234", KEY))
    said = [bool(station.says(late(number=n))) for n in range(8)]
    assert said == [True] * 5 + [False] * 3
    station.wait(seconds=59)
    assert station.says(late()) == b""
    station.wait(seconds=1)
    assert [bool(station.says(late(number=n))) for n in range(2)] == [True, False]


def test_refusals_are_counted_for_each_panel_and_anew_after_a_good_frame() -> None:
    station = Station("dc09", keyed("1234", KEY), keyed("77", KEY))
    for n in range(6):
        station.says(late(number=n))
    other = sealed(b'"*SIA-DCS"0030L0#77[', b"|#77|NBA5]", NOON - HOUR)
    assert b"NAK" in station.says(other)
    assert b"*ACK" in station.says(sealed())
    assert b"NAK" in station.says(late())


def test_our_time_is_not_given_away_while_our_clock_is_known_to_be_wrong() -> None:
    station = Station("dc09", keyed("1234", KEY))
    station.clock_is_right = False
    event = only(station, late())
    assert event.fault is Fault.STALE
    assert station.answers(event) == b""
    assert b"*ACK" in station.says(sealed())


def test_while_our_clock_is_wrong_what_is_outside_the_window_may_be_taken_with_a_mark() -> None:
    station = Station("dc09", keyed("1234", KEY), options={"clock_doubt": "ack"})
    assert only(station, late()).fault is Fault.STALE
    station.clock_is_right = False
    event = only(station, late(number=31))
    assert (event.fault, event.suspect, event.poll) == (None, True, False)
    assert b"*ACK" in station.answers(event)


# ------------------------------------------------------------------ copies of old frames


@pytest.mark.parametrize("seconds", [1, 39])
def test_a_copy_within_the_window_is_a_repeat(seconds: int) -> None:
    station = Station("dc09", keyed("1234", KEY))
    station.says(sealed())
    station.wait(seconds=seconds)
    station.open()
    event = only(station, sealed())
    assert (event.repeat, event.suspect, event.fault) == (True, False, None)


def test_a_copy_behind_the_window_is_refused() -> None:
    station = Station("dc09", keyed("1234", KEY))
    station.says(sealed())
    station.wait(seconds=41)
    assert only(station, sealed()).fault is Fault.STALE


def test_a_flood_in_clear_does_not_push_encrypted_frames_out_of_memory() -> None:
    station = Station("dc09", keyed("1234", KEY))
    station.says(sealed())
    for n in range(33_000):
        station.says(frame(b'"SIA-DCS"%04dL0#%d[#1|NBA5]' % (n % 10_000, n)))
    station.open()
    assert only(station, sealed()).repeat


@pytest.mark.parametrize("switch", ["clock_local", "window_off"])
def test_a_copy_that_its_window_lets_pass_is_a_repeat_for_a_day(switch: str) -> None:
    station = Station("dc09", keyed("1234", KEY, switches=frozenset({switch})))
    station.says(sealed())
    station.wait(hours=2)
    event = only(station, sealed())
    assert (event.repeat, event.suspect) == (True, False)


def test_a_copy_from_another_listeners_wire_is_a_repeat() -> None:
    tcp, udp = Station("dc09", keyed("1234", KEY)), Station("dc09", keyed("1234", KEY))
    udp.group_memory = tcp.group_memory
    udp.open()
    tcp.says(sealed())
    assert only(udp, sealed()).repeat


HEAD = b'"*SIA-DCS"%04dL0#1234['
OPEN = [
    pytest.param({"window_back": None}, 60, id="no window back"),
    pytest.param({"switches": {"window_off"}}, 60, id="no window"),
    pytest.param({"switches": {"clock_local"}}, 3660, id="local time, an hour in autumn"),
]


def unwindowed(fields: dict[str, object], *more: str) -> Account:
    switches = {*fields.get("switches", ()), *more}  # type: ignore[call-overload]
    return keyed("1234", KEY, **{**fields, "switches": frozenset(switches)})


@pytest.mark.parametrize(("fields", "room"), OPEN)
def test_a_frame_older_than_one_before_by_more_than_the_window_is_marked(
    fields: dict[str, object], room: int
) -> None:
    station = Station("dc09", unwindowed(fields))
    station.says(sealed(HEAD % 1, at=NOON))
    within = only(station, sealed(HEAD % 2, at=NOON - timedelta(seconds=min(room, 3600))))
    assert (within.suspect, within.fault) == (False, None)
    older = only(station, sealed(HEAD % 3, at=NOON - HOUR - timedelta(minutes=15)))
    assert (older.suspect, older.fault) == (True, None)
    assert b"*ACK" in station.answers(older)


@pytest.mark.parametrize(("fields", "room"), OPEN)
def test_an_older_frame_can_be_refused_for_an_account(fields: dict[str, object], room: int) -> None:
    station = Station("dc09", unwindowed(fields, "older_refused"))
    station.says(sealed(HEAD % 1, at=NOON))
    older = sealed(HEAD % 2, at=NOON - 2 * HOUR)
    for _ in range(3):
        event = only(station, older)
        assert event.fault is Fault.REPLAYED
        assert station.answers(event) == b""


def test_a_frame_that_was_refused_is_no_repeat_once_it_is_taken() -> None:
    station = Station("dc09", keyed("1234", KEY))
    assert only(station, ALARM).fault is Fault.NOT_ENCRYPTED
    del station.accounts["1234"]
    event = only(station, ALARM)
    assert (event.fault, event.repeat) == (None, False)


@pytest.mark.parametrize(("fields", "room"), OPEN)
def test_a_panel_whose_clock_goes_back_by_itself_can_be_left_alone(
    fields: dict[str, object], room: int
) -> None:
    station = Station("dc09", unwindowed(fields, "older_taken"))
    station.says(sealed(HEAD % 1, at=NOON))
    event = only(station, sealed(HEAD % 2, at=NOON - 2 * HOUR))
    assert (event.suspect, event.fault) == (False, None)


def test_a_link_test_that_may_be_a_copy_is_no_sign_of_life() -> None:
    station = Station("dc09", keyed("1234", KEY, switches=frozenset({"window_off"})))
    station.says(sealed())
    event = only(station, sealed(b'"*NULL"0000L0#1234[', b"|]", NOON - HOUR))
    assert (event.poll, event.suspect) == (False, True)


def test_after_our_clock_went_back_no_frame_is_older() -> None:
    station = Station("dc09", keyed("1234", KEY, switches=frozenset({"window_off"})))
    station.says(sealed())
    station.wait(hours=-3)
    event = only(station, sealed(HEAD % 31, at=NOON - 3 * HOUR))
    assert (event.suspect, event.fault) == (False, None)


def test_frames_from_before_a_start_are_known_when_they_are_recalled() -> None:
    station = Station("dc09", keyed("1234", KEY))
    frames = [frame(b'"SIA-DCS"0021L0#9999[#9999|NBA5]'), sealed()]
    poll = frame(b'"NULL"0000L0#9999[]')
    station.restart()
    for raw in (*frames, poll, b"no frame"):
        recall(station.conversation(), raw, station.now)
    assert [only(station, raw).repeat for raw in (*frames, poll)] == [True, True, False]


# ------------------------------------------------------------------ any order of keys and times

SECRETS = [bytes([n]) * 16 for n in range(3)]
MOMENTS = st.one_of(
    st.none(), st.integers(min_value=-3, max_value=3).map(lambda n: NOON + n * HOUR)
)
KEYS = st.builds(Key, st.sampled_from(SECRETS), MOMENTS, MOMENTS)


@given(st.lists(KEYS, max_size=5), st.sampled_from(SECRETS), st.integers(min_value=-4, max_value=4))
def test_a_frame_is_acknowledged_if_its_key_counts_and_only_then(
    keys: list[Key], used: bytes, hours: int
) -> None:
    at = NOON + hours * HOUR
    station = Station("dc09", Account("1234", tuple(keys)))
    station.now = at
    counts = any(
        key.secret == used
        and (key.valid_from or at) <= at
        and (key.valid_to is None or at < key.valid_to)
        for key in keys
    )
    event = only(station, sealed(at=at, key=used))
    answer = station.answers(event)
    assert bool(answer) is counts
    if counts:
        piece = envelope(answer)
        assert isinstance(piece, Envelope)
        assert clear_text(decrypted(used, piece.body.partition(b"[")[2]), padded=True).whole
    else:
        known = {Fault.OLD_KEY, Fault.EARLY_KEY} if used in {k.secret for k in keys} else set()
        assert event.fault in (known or {Fault.UNDECRYPTABLE})


# ------------------------------------------------------------------ polls and repeats


@pytest.mark.parametrize(
    ("raw", "poll"),
    [
        pytest.param(frame(b'"NULL"0000L0#1234[]'), True, id="bare"),
        pytest.param(frame(b'"NULL"0000L0#1234[]_12:00:30,06-15-2025'), True, id="with a time"),
        pytest.param(frame(b'"XNM"0000L0#1234[]'), True, id="extended, without data"),
        pytest.param(frame(b'"XNM"0000L0#1234[][CDP]'), False, id="extended"),
        pytest.param(frame(b'"NULL"0000L0#1234[#0000|0000 00 000]'), False, id="with data"),
        pytest.param(frame(b'"SIA-DCS"0000L0#1234[#1234|NRP0000]'), False, id="Ajax ping"),
    ],
)
def test_only_a_bare_link_test_is_a_poll(raw: bytes, poll: bool) -> None:
    station = Station("dc09")
    event = only(station, raw)
    assert event.poll is poll
    assert b'"ACK"0000L0#1234[]' in station.answers(event)


@pytest.mark.parametrize(("data", "poll"), [(b"|]", True), (b"]", True), (b"][CDP]", False)])
def test_an_encrypted_link_test_is_a_poll(data: bytes, poll: bool) -> None:
    station = Station("dc09", keyed("1234", KEY))
    event = only(station, sealed(b'"*NULL"0000L0#1234[', data))
    assert (event.poll, event.fault) == (poll, None)
    stale = only(station, sealed(b'"*NULL"0000L0#1234[', data, NOON - HOUR))
    assert (stale.poll, stale.fault) == (False, Fault.STALE)


def test_the_same_frame_again_is_a_repeat_and_acknowledged() -> None:
    station = Station("dc09")
    first, second = only(station, ALARM), only(station, ALARM)
    assert (first.repeat, second.repeat) == (False, True)
    assert station.answers(first) == station.answers(second) == frame(b'"ACK"0021L0#1234[]')


def test_a_repeat_is_known_on_a_new_connection() -> None:
    station = Station("dc09")
    station.says(ALARM)
    station.wait(minutes=4)
    station.open()
    event = only(station, ALARM)
    assert event.repeat
    assert station.answers(event) == frame(b'"ACK"0021L0#1234[]')


def test_a_frame_whose_answer_was_never_handed_out_is_no_repeat_on_a_new_connection() -> None:
    station = Station("dc09")
    only(station, ALARM)
    station.open()
    assert not only(station, ALARM).repeat


@pytest.mark.parametrize("heard", [True, False], ids=["answered", "not answered"])
def test_after_five_minutes_the_same_bytes_are_a_new_event(heard: bool) -> None:
    station = Station("dc09")
    event = only(station, ALARM)
    if heard:
        station.answers(event)
    station.wait(minutes=5, seconds=1)
    assert not only(station, ALARM).repeat


def test_a_repeat_after_a_reset_of_the_panel_is_told_by_its_bytes() -> None:
    station = Station("dc09")
    frames = [frame(b'"SIA-DCS"%04dL0#1[#1|NBA5]' % n) for n in (9995, 9996, 9995, 9997)]
    assert [only(station, raw).repeat for raw in frames] == [False, False, True, False]


def test_a_frame_that_was_only_counted_is_forgotten() -> None:
    station = Station("dc09")
    station.session.dropped(*station.hears(ALARM))
    assert station.hears(ALARM) == [Frame(ALARM, "1234")]


def test_link_tests_are_never_repeats() -> None:
    station = Station("dc09")
    raw = frame(b'"NULL"0000L0#1234[]')
    assert [only(station, raw).repeat for _ in range(3)] == [False] * 3


def test_without_number_and_time_the_same_bytes_are_two_events() -> None:
    station = Station("dc09")
    bare = frame(b'"SIA-DCS"0000L0#1[#1|NBA5]')
    timed = frame(b'"SIA-DCS"0000L0#1[#1|NBA5]_12:00:00,06-15-2025')
    assert [only(station, raw).repeat for raw in (bare, bare)] == [False, False]
    assert [only(station, raw).repeat for raw in (timed, timed)] == [False, True]


def test_a_refused_frame_is_not_remembered() -> None:
    station = Station("dc09", keyed("1234", KEY))
    raw = sealed(at=NOON - timedelta(seconds=60))
    assert b"NAK" in station.says(raw)
    station.now -= timedelta(seconds=60)
    station.open()
    assert not only(station, raw).repeat


def test_each_datagram_may_have_a_session_of_its_own() -> None:
    station = Station("dc09", keyed("1234", KEY))
    first = only(station, sealed())
    assert station.session.ended() == []
    station.answers(first)
    station.open()
    second = only(station, sealed())
    assert (first.repeat, second.repeat) == (False, True)


def test_an_answer_can_be_given_by_a_session_that_did_not_receive_the_frame() -> None:
    station = Station("dc09", keyed("1234", KEY), Account("77"))
    encrypted = only(station, sealed())
    plain = only(station, frame(b'"NULL"0000L0#77[]'))
    station.open()
    assert b'"*ACK"0030L0#1234[' in station.answers(encrypted)
    assert station.answers(plain) == frame(b'"ACK"0000L0#77[]')


def test_a_frame_whose_key_is_gone_by_the_time_of_the_answer_is_not_answered() -> None:
    station = Station("dc09", keyed("1234", KEY))
    event = only(station, sealed())
    station.accounts.clear()
    station.open()
    assert station.answers(event) == b""
    assert station.answers(Frame(b"no frame")) == b""


def test_memory_stays_bounded_where_no_answer_is_ever_handed_out() -> None:
    station = Station("dc09")
    for n in range(6000):
        station.hears(frame(b'"SIA-DCS"%04dL0#1[#1|NBA5]' % n))
    assert len(station.session._pending) <= 4096  # type: ignore[attr-defined]


def test_what_is_unfinished_at_the_end_is_cut() -> None:
    station = Station("dc09")
    assert station.hears(ALARM[:20]) == []
    assert station.session.ended() == [Garbled(ALARM[:20], Fault.CUT)]


# ------------------------------------------------------------------ switches and options


def test_an_answer_may_carry_our_time_where_the_account_asks_for_it() -> None:
    station = Station("dc09", Account("1234", switches=frozenset({"answer_with_time"})))
    assert station.says(ALARM) == frame(b'"ACK"0021L0#1234[]_12:00:00,06-15-2025')


@pytest.mark.parametrize("style", [Style.ELDES, Style.STANDARD])
def test_an_answer_may_count_the_cr_where_the_account_does(style: Style) -> None:
    station = Station("dc09", Account("1234", switches=frozenset({"answer_counts_cr"})))
    raw = seal(b'"ADM-CID"0227L1#1234[#1234|3401 01 057]', style)
    assert station.says(raw) == seal(b'"ACK"0227L1#1234[]', style)


def test_switches_and_options_say_what_they_are_for() -> None:
    assert all(SWITCHES.values())
    assert all(option.help and option.default in option.choices for option in OPTIONS.values())


@given(st.binary(max_size=120))
def test_any_bytes_are_taken_and_answered_or_not(data: bytes) -> None:
    station = Station("dc09", keyed("1234", KEY))
    for event in station.hears(b"\n" + data + b"\r") + station.session.ended():
        station.answers(event)


@given(st.binary(max_size=80).filter(lambda body: b"\r" not in body))
def test_any_body_with_a_good_crc_is_taken_and_answered_or_not(body: bytes) -> None:
    station = Station("dc09", keyed("1234", KEY))
    station.says(frame(b'"*SIA-DCS"0001L0#1234[' + body))
    station.says(frame(b'"' + body))
    station.says(frame(b'"NULL"' + body + b"[]"))


@pytest.mark.parametrize("token", sorted(TOKENS))
def test_every_token_of_the_standard_is_acknowledged_read_or_not(token: bytes) -> None:
    body = b'"%b"0001L0#1234[#1234|whatever]' % token
    assert Station("dc09").says(seal(body, Style.STANDARD)) == seal(
        b'"ACK"0001L0#1234[]', Style.STANDARD
    )

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivers.session import Options
from receivers.signals import Decoded, Signal, SignalClass, Undecoded
from receivers.surgard.message import HEADERS, OPTIONS, decode, is_heartbeat


def read(text: str, options: Options | None = None) -> Signal:
    decoded = decode(text.encode("latin-1") + b"\x14", lambda _: None, options or {})
    assert isinstance(decoded, Decoded)
    (signal,) = decoded.signals
    return signal


def fields(signal: Signal, *names: str) -> tuple[object, ...]:
    return tuple(getattr(signal, name) for name in names)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("5011 181234E13001015", ("01", "1", "1234", "130", "01", "015"), id="RRL"),
        pytest.param(
            "501001 181234E13001015", ("01", "001", "1234", "130", "01", "015"), id="RRLLL"
        ),
        pytest.param(
            "501A 981234113001004", ("01", "A", "1234", "130", "01", "004"), id="98, digits"
        ),
        pytest.param(
            "5011 18BCDEE13001015", ("01", "1", "BCDE", "130", "01", "015"), id="hex account"
        ),
        pytest.param(
            "5011 180000001234E13001015",
            ("01", "1", "0000001234", "130", "01", "015"),
            id="ten digits",
        ),
        pytest.param(
            "5011 18ab12E13001015", ("01", "1", "ab12", "130", "01", "015"), id="lower case"
        ),
        pytest.param("5011181234E13001015", ("01", "1", "1234", "130", "01", "015"), id="no space"),
    ],
)
def test_contact_id_is_read_from_its_end(text: str, expected: tuple[str, ...]) -> None:
    signal = read(text)
    assert fields(signal, "receiver", "line", "number", "code", "area", "zone") == expected
    assert signal.token == "5"


@pytest.mark.parametrize(
    ("letter", "expected"),
    [
        ("E", SignalClass.ALARM),
        ("1", SignalClass.ALARM),
        ("R", SignalClass.RESTORE),
        ("3", SignalClass.RESTORE),
        ("P", SignalClass.STATUS),
        ("6", SignalClass.STATUS),
    ],
)
def test_letters_and_digits_say_the_same_of_a_contact_id_event(
    letter: str, expected: SignalClass
) -> None:
    assert read(f"5011 181234{letter}13001015").signal_class is expected


@pytest.mark.parametrize("width", [name for name in HEADERS if name.startswith("RR")])
def test_the_width_of_the_header_can_be_set(width: str) -> None:
    header = "01" + "123456789"[: width.count("L")]
    for text in (f"5{header} 181234E13001015", f"1{header}      1234 A   5"):
        signal = read(text, {"header": width})
        assert (signal.receiver, signal.line, signal.number) == ("01", header[2:], "1234")


@pytest.mark.parametrize(
    ("letter", "expected"),
    [
        ("A", SignalClass.ALARM),
        ("B", SignalClass.BYPASS),
        ("C", SignalClass.CLOSING),
        ("D", SignalClass.CANCEL),
        ("F", SignalClass.CANCEL),
        ("H", SignalClass.BYPASS),
        ("O", SignalClass.OPENING),
        ("R", SignalClass.RESTORE),
        ("T", SignalClass.TROUBLE),
        ("3", SignalClass.ALARM),
        (" ", SignalClass.STATUS),
        ("P", SignalClass.STATUS),
    ],
)
def test_an_event_letter_has_a_class(letter: str, expected: SignalClass) -> None:
    assert read(f"1011      1234 {letter} 128").signal_class is expected


def test_event_letters_can_be_given_other_meanings() -> None:
    options = {"letters": "P=test A=medical Q=nonsense"}
    assert read("1011      1234 P 128", options).signal_class is SignalClass.TEST
    assert read("1011      1234 A 128", options).signal_class is SignalClass.MEDICAL
    assert read("1011      1234 Q 128", options).signal_class is SignalClass.STATUS


def test_the_number_of_a_closing_is_a_user_and_of_an_alarm_a_zone() -> None:
    closing, alarm = read("1011      0012 C1128"), read("1011      0012 A1128")
    assert fields(closing, "user", "zone", "area") == ("128", "", "1")
    assert fields(alarm, "user", "zone", "area") == ("", "128", "1")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1011       123 A   5", "123"),
        ("101001     12345 A   5", "12345"),
        ("101001    123456 A   5", "123456"),
        ("1011      0012 A   5", "0012"),
    ],
)
def test_an_account_loses_its_spaces_and_keeps_its_zeros(text: str, number: str) -> None:
    assert read(text).number == number


@pytest.mark.parametrize("token", ["3", "6"])
def test_coded_events_are_read_as_sia(token: str) -> None:
    signal = read(token + "011    12ABBABA0005")
    assert fields(signal, "number", "code", "zone", "token", "new") == (
        "12ABBA",
        "BA",
        "0005",
        token,
        None,
    )


def test_events_of_the_receiver_itself_are_of_the_class_self() -> None:
    for text in ("001000[#0000|NYD0001]", "S01000[#0000|NLT0001]", "S01000[#000000|NLT0001]"):
        assert read(text).signal_class is SignalClass.SELF
    assert read("S011[#1234|NLT0001]").signal_class is SignalClass.TROUBLE


def test_several_events_of_an_s_frame_are_several_signals() -> None:
    decoded = decode(b"S011[#1234|Nri1/BA1/BA2|AHALL]\x14", lambda _: None, {})
    assert isinstance(decoded, Decoded)
    assert [(s.zone, s.text) for s in decoded.signals] == [("1", ""), ("2", "HALL")]


def test_passcodes_in_an_s_frame_are_masked() -> None:
    raw = b"\r\nS011[#1234|NBA005|?4711]\x14"
    decoded = decode(raw, lambda _: None, {})
    assert isinstance(decoded, Decoded)
    assert [raw[a:b] for a, b, _ in decoded.masked] == [b"4711"]


@pytest.mark.parametrize(
    ("text", "header", "number"),
    [
        ("80111234 1555 5555 7", "011", "1234"),
        ("8011123456 1555 5555 7", "011", "123456"),
        ("801001123456 1555 5555 5555 5555 7", "01001", "123456"),
        ("801001  1234 1555 5555 5555 5555 7", "01001", "1234"),
    ],
)
def test_high_speed_channels_are_kept_as_text(text: str, header: str, number: str) -> None:
    signal = read(text)
    assert (signal.receiver + signal.line, signal.number) == (header, number)
    assert signal.signal_class is SignalClass.ALARM


def test_channels_without_a_new_alarm_are_status() -> None:
    assert read("80111234 5555 5535 1").signal_class is SignalClass.STATUS


def test_silent_knight_telim_and_sim_frames_are_read() -> None:
    fsk2 = read("C011    1234BA05  ")
    telim = read("T01001123456 K  05")
    sim = read("s01001" + "0012345678" + "008931080000000000000")
    assert fields(fsk2, "number", "code", "zone") == ("1234", "BA", "05")
    assert fields(telim, "number", "code", "zone", "line") == ("123456", "K", "05", "001")
    assert telim.signal_class is SignalClass.RESTORE
    assert (sim.number, sim.extra) == ("0012345678", {"sim": "008931080000000000000"})


def test_short_telim_accounts_lose_their_spaces() -> None:
    assert read("T011  1234 X   5").number == "1234"


def test_data_of_another_format_under_id_1_are_kept_as_text() -> None:
    signal = read("1011    1B2345A081A31")
    assert fields(signal, "number", "text", "receiver", "line") == ("", "1B2345A081A31", "01", "1")


@pytest.mark.parametrize(
    ("text", "line"), [("1011           @    ", "1"), ("101000           @    ", "000")]
)
def test_a_heartbeat_is_read_by_its_sign(text: str, line: str) -> None:
    assert is_heartbeat(text.encode())
    signal = read(text)
    assert fields(signal, "signal_class", "receiver", "line") == (SignalClass.SELF, "01", line)


@pytest.mark.parametrize("text", ["1011      1234 @    ", "1011 @    ", "5011           @    "])
def test_a_sign_at_another_column_is_no_heartbeat(text: str) -> None:
    assert not is_heartbeat(text.encode())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("5011 nonsense", "id 5: not in a layout of this protocol"),
        ("5011 181234E1300101X", "id 5: not in a layout of this protocol"),
        ("1011 x", "id 1: not in a layout of this protocol"),
        ("1", "id 1: not in a layout of this protocol"),
        ("3011 x", "id 3: not in a layout of this protocol"),
        ("8x", "id 8: not in a layout of this protocol"),
        ("Cx", "id C: not in a layout of this protocol"),
        ("Tx", "id T: not in a layout of this protocol"),
        ("sx", "id s: not in a layout of this protocol"),
        ("Z011", "the protocol id 'Z' is not known"),
        ("", "the protocol id '' is not known"),
        ("S011 no brackets", "id S: no data in brackets"),
        ("S011[#1234|]", "id S: the data hold no event"),
    ],
)
def test_what_cannot_be_read_says_why(text: str, reason: str) -> None:
    undecoded = decode(text.encode() + b"\x14", lambda _: None, {})
    assert isinstance(undecoded, Undecoded)
    assert undecoded.reason == reason


def test_every_option_says_what_it_is_for() -> None:
    assert all(option.help for option in OPTIONS.values())
    assert all(o.default in o.choices for o in OPTIONS.values() if o.choices)


@given(st.sampled_from("0135678CSTs"), st.binary(max_size=60), st.sampled_from(list(HEADERS)))
def test_any_bytes_are_read_or_refused(token: str, data: bytes, header: str) -> None:
    raw = token.encode() + data + b"\x14"
    assert isinstance(decode(raw, lambda _: None, {"header": header}), Decoded | Undecoded)


def test_with_dnis_the_header_is_the_number_that_was_dialled() -> None:
    signal = read("555123 181234E13001015", {"header": "DDDDD"})
    assert (signal.number, signal.receiver, signal.line) == ("1234", "", "")
    assert signal.extra["dnis"] == "55123"


def test_what_the_receiver_says_of_itself_was_dialled_by_nobody() -> None:
    assert "dnis" not in read("001000[#0000|NYD01]", {"header": "DDDDD"}).extra


def test_a_long_account_may_begin_in_the_line_field() -> None:
    assert read("501A 181234E13001015", {"long_accounts": True}).number == "A1234"
    assert read("501A 181234E13001015").number == "1234"


@pytest.mark.parametrize(
    ("text", "account", "expected"),
    [
        pytest.param("501001181234E13001015", 4, ("01", "001", "1234"), id="contact id"),
        pytest.param("501001181812345E13001015", 7, ("01", "001", "1812345"), id="long account"),
        pytest.param("8011123456 1555 5555 7", 6, ("01", "1", "123456"), id="high speed"),
        pytest.param("8010011234 1555 5555 7", 4, ("01", "001", "1234"), id="high speed, long"),
        pytest.param("T010011234 A   05", 4, ("01", "001", "1234"), id="telim"),
        pytest.param("8011234 1555 5555 7", 16, ("", "", "011234"), id="shorter than it should"),
    ],
)
def test_where_no_space_parts_them_the_width_of_the_account_tells(
    text: str, account: int, expected: tuple[str, str, str]
) -> None:
    signal = read(text, {"account": account})
    assert (signal.receiver, signal.line, signal.number) == expected


def test_another_end_of_frames_is_taken_off() -> None:
    raw = b"5011 181234E13001015#"
    decoded = decode(raw, lambda _: None, {"end": "23"})
    assert isinstance(decoded, Decoded)
    assert decoded.signals[0].number == "1234"


def test_a_frame_without_an_end_is_read() -> None:
    decoded = decode(b"501118AAAA113001015\r\n", lambda _: None, {"end": ""})
    assert isinstance(decoded, Decoded)
    assert decoded.signals[0].number == "AAAA"


def test_a_header_that_is_set_parts_what_no_space_parts() -> None:
    signal = read("8010011234 1555 5555 7", {"header": "RRLLL"})
    assert (signal.receiver, signal.line, signal.number) == ("01", "001", "1234")


@pytest.mark.parametrize("copies", [1, 2, 6])
def test_copies_that_came_as_one_frame_tell_of_one_event(copies: int) -> None:
    decoded = decode(b"5011181234E13001015" * copies, lambda _: None, {"end": ""})
    assert isinstance(decoded, Decoded)
    assert [(one.number, one.code) for one in decoded.signals] == [("1234", "130")]


def test_two_events_that_came_as_one_frame_are_not_read() -> None:
    raw = b"5011181234E130010155011181234R13001015"
    assert isinstance(decode(raw, lambda _: None, {"end": ""}), Undecoded)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("3011      1234BAFA05", ("1234", "BA", "FA05"), id="fixed columns"),
        pytest.param("3011    1234BA05  ", ("1234", "BA", "05"), id="filled with spaces"),
        pytest.param("3011      1234BA05", ("1234", "BA", "05"), id="cut to two digits"),
        pytest.param("3011    001234CLZZ", ("001234", "CL", "ZZ"), id="Silent Knight user"),
    ],
)
def test_the_last_columns_of_a_coded_event_are_code_and_address(
    text: str, expected: tuple[str, str, str]
) -> None:
    signal = read(text)
    assert (signal.number, signal.code, signal.zone or signal.user) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("C011    001234YT00  ", ("YT", SignalClass.TROUBLE)),
        ("C011    001234AT00  ", ("AT", SignalClass.TROUBLE)),
        ("C011    001234CLZZ  ", ("CL", SignalClass.CLOSING)),
        ("C011    001234BA05  ", ("BA", SignalClass.STATUS)),
        ("C011    00123413ZZ  ", ("13", SignalClass.STATUS)),
    ],
)
def test_a_silent_knight_event_of_protocol_1_has_the_codes_of_sia(
    text: str, expected: tuple[str, SignalClass]
) -> None:
    signal = read(text)
    assert (signal.code, signal.signal_class) == expected
    assert (signal.number, signal.token) == ("001234", "C")


def test_what_the_receiver_says_under_id_1_is_its_own() -> None:
    audio, other = read("1011      0000 P  01"), read("1011      0000 T  01", {"letters": "T=test"})
    assert (audio.code_name, audio.signal_class) == ("two-way audio", SignalClass.SELF)
    assert (other.code_name, other.signal_class) == ("", SignalClass.SELF)
    assert read("1011      0001 P  01").code_name == ""


def test_a_visual_verification_is_named() -> None:
    signal = read("001001[#1234567890|Idu255]")
    assert (signal.number, signal.code_name) == ("1234567890", "visual verification")
    assert read("001001[#1234|Iother]").code_name == "block without an event"


def test_a_header_that_is_set_wrong_is_named_as_the_reason() -> None:
    wrong = decode(b"5011 181234E13001015\x14", lambda _: None, {"header": "RRLLL"})
    assert wrong == Undecoded("id 5: its header is not RRLLL, which the option `header` says")
    nothing = decode(b"5011 nonsense\x14", lambda _: None, {"header": "RRLLL"})
    assert nothing == Undecoded("id 5: not in a layout of this protocol")


def test_an_end_of_two_bytes_that_ends_in_cr_is_taken_off() -> None:
    decoded = decode(b"5011 181234E13001015\x03\r", lambda _: None, {"end": "030D"})
    assert isinstance(decoded, Decoded)


def test_bfsk_of_a_receiver_in_6500_mode_stands_under_id_1() -> None:
    signal = read("1011      1234BA0005")
    assert fields(signal, "number", "code", "zone", "token") == ("1234", "BA", "0005", "1")
    assert signal.signal_class is SignalClass.ALARM
    # One column more is another format, and a pair that is no code is none of SIA's.
    assert read("1011    1B2345ABA1A31").number == ""
    assert read("1011      1234KZ0005").number == ""

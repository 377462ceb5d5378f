"""Programs of others as second writer of frames and second reader of answers.

my-dc09-spt is a dialler: it writes frames and checks the answers it gets.  pysiaalarm is another
receiver: what it reads in a frame, we read too.
"""

from datetime import UTC, datetime

import pytest
from my_dc09_spt.msg.dc03_msg import dc03_msg
from my_dc09_spt.msg.dc05_msg import dc05_msg
from my_dc09_spt.msg.dc09_msg import dc09_msg
from pysiaalarm.account import SIAAccount
from pysiaalarm.event import SIAEvent

from receivers.dc09.framing import Style, seal
from receivers.session import Account, Key
from receivers.signals import Decoded
from tests.receivers.conftest import Station

KEYS = [None, b"0123456789abcdef", b"0123456789abcdef0123456789abcdef"]
PATHS = [(None, None), (None, 0), (1, 1), (0xAB, 0xCDEF)]


def station(key: bytes | None) -> Station:
    heard = Station("dc09", Account("1234", (Key(key),) if key else ()))
    heard.now = datetime.now(UTC)
    return heard


@pytest.mark.parametrize("key", KEYS, ids=["plain", "AES-128", "AES-256"])
@pytest.mark.parametrize(("receiver", "line"), PATHS)
@pytest.mark.parametrize(
    ("token", "message"),
    [
        pytest.param("NULL", "]", id="poll"),
        pytest.param("SIA-DCS", dc03_msg.dc03event("1234", {"code": "BA", "zone": 5}), id="SIA"),
        pytest.param(
            "ADM-CID", dc05_msg.dc05event("1234", {"code": 130, "zone": 5}), id="Contact ID"
        ),
    ],
)
def test_a_dialler_accepts_our_acknowledgement(
    key: bytes | None, receiver: int | None, line: int | None, token: str, message: str
) -> None:
    dialler = dc09_msg("1234", key, receiver, line)
    heard = station(key)
    answer = heard.says(dialler.dc09block(17, token, message).encode("ascii"))
    word, offset = dialler.dc09answer(17, answer.decode("ascii"))
    assert word == "ACK"
    assert (offset is not None and abs(offset) < 30) or key is None


def test_a_dialler_whose_clock_is_off_takes_our_time_and_is_acknowledged() -> None:
    dialler = dc09_msg("1234", KEYS[1], 1, 1, offset=3600)
    heard = station(KEYS[1])
    refusal = heard.says(dialler.dc09block(18, "NULL", "]").encode("ascii"))
    word, offset = dialler.dc09answer(18, refusal.decode("ascii"))
    assert word == "NAK"
    dialler.set_offset(offset)
    answer = heard.says(dialler.dc09block(18, "NULL", "]").encode("ascii"))
    assert dialler.dc09answer(18, answer.decode("ascii"))[0] == "ACK"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param(
            {"code": "BA", "zone": 5, "area": 2}, ("BA", "5", "", "2", ""), id="zone and area"
        ),
        pytest.param(
            {"code": "CL", "user": 7, "area": 2, "areaname": "Hall"},
            ("CL", "", "7", "2", ""),
            id="user and a named area",
        ),
        pytest.param(
            {"code": "BA", "zone": 5, "zonename": "Door", "user": 3, "username": "Bob"},
            ("BA", "5", "3", "", "Door"),
            id="names",
        ),
        pytest.param(
            {"code": "FA", "zone": 9, "text": "KITCHEN"}, ("FA", "9", "", "", "KITCHEN"), id="text"
        ),
        pytest.param(
            {"code": "FA", "zone": 9, "text": "KITCHEN", "flavor": "xsia"},
            ("FA", "9", "", "", "KITCHEN"),
            id="extended SIA",
        ),
        pytest.param({"code": "CG", "area": 4}, ("CG", "", "", "4", ""), id="area as the address"),
        pytest.param({"code": "RP", "time": "07:32:01"}, ("RP", "", "", "", ""), id="time"),
    ],
)
def test_what_a_dialler_says_is_read(said: dict[str, object], expected: tuple[str, ...]) -> None:
    raw = dc09_msg("1234", None, None, 0).dc09block(1, "SIA-DCS", dc03_msg.dc03event("1234", said))
    heard = station(None)
    decoded = heard.spec.decode(raw.encode("ascii"), heard.accounts.get, {})
    assert isinstance(decoded, Decoded)
    (s,) = decoded.signals
    assert (s.code, s.zone, s.user, s.area, s.text) == expected


def test_extended_data_of_a_dialler_are_kept() -> None:
    extra = {"mac": "0026B9E4268B", "lon": "5.96", "battery_level": 80, "gps_position": "x"}
    message = dc03_msg.dc03event("1234", {"code": "RP"}) + dc09_msg.dc09_extra(extra)
    raw = dc09_msg("1234", None, None, 0).dc09block(1, "SIA-DCS", message)
    heard = station(None)
    decoded = heard.spec.decode(raw.encode("ascii"), heard.accounts.get, {})
    assert isinstance(decoded, Decoded)
    assert decoded.signals[0].extra == {
        "M": "0026B9E4268B",
        "X": "5.96",
        "B": "80",
        "$P": "x",
    }


@pytest.mark.parametrize(
    "body",
    [
        b'"SIA-DCS"0001L0#1234[#1234|Nri1/BA5]_12:00:00,06-15-2025',
        b'"SIA-DCS"0001L0#1234[#1234|Nti07:32/id1/ri2/CL7]',
        b'"SIA-DCS"0001L0#1234[#1234|Nri1BA5]',
    ],
)
def test_another_receiver_reads_the_same_code_and_area(body: bytes) -> None:
    raw = seal(body, Style.STANDARD)
    theirs = SIAEvent.from_line(raw[1:-1].decode("ascii"), {"1234": SIAAccount("1234")})
    heard = station(None)
    ours = heard.spec.decode(raw, heard.accounts.get, {})
    assert isinstance(ours, Decoded)
    (signal,) = ours.signals
    assert theirs.valid_message
    assert (theirs.code, theirs.ri, theirs.account) == (signal.code, signal.area, signal.number)


def test_another_receivers_encrypted_answer_is_opened_by_the_same_key() -> None:
    # Its cipher, its padding: our reader of clear text has to take both.
    from_them = SIAEvent.from_line(
        seal(b'"NULL"0001L0#1234[]', Style.STANDARD)[1:-1].decode("ascii"),
        {"1234": SIAAccount("1234", "0123456789abcdef")},
    )
    text = from_them.encrypt_content("]_12:00:00,06-15-2025")
    raw = seal(b'"*ACK"0001L0#1234[' + text.encode("ascii"), Style.STANDARD)
    heard = station(KEYS[1])
    decoded = heard.spec.decode(raw, heard.accounts.get, {})
    assert isinstance(decoded, Decoded)
    assert decoded.signals[0].sender_time == "12:00:00,06-15-2025"

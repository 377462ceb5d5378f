"""Diallers and clients that others wrote talk to a real daemon.

my-dc09-spt is a dialler: it sends by its own code and believes an acknowledgement by its own rules.
pysiaalarm is a receiver; its own code computes check values, encrypts and reads what we answer.
"""

import socket

import pytest
from my_dc09_spt import dc09_spt
from my_dc09_spt.comm.transpath import TransPath
from my_dc09_spt.msg.dc03_msg import dc03_msg
from my_dc09_spt.msg.dc05_msg import dc05_msg
from my_dc09_spt.msg.dc09_msg import dc09_msg
from pysiaalarm import SIAAccount
from pysiaalarm.event import SIAEvent

from receivers.registry import RECEIVERS
from receivers.session import Account, Key
from receivers.signals import Decoded
from stationd.journal.model import Kind
from stationd.roster import file as roster_file
from stationd.roster.model import Roster
from stationd.sealing import Sealer, new_sealing_key

pytestmark = pytest.mark.system

# One account for each way of encrypting; the keys are text, since pysiaalarm takes them so.
KEYS = {"1000": None, "1128": "K" * 16, "1192": "L" * 24, "1256": "M" * 32}
ACCOUNTS = {
    number: Account(number, (Key(key.encode()),) if key else ()) for number, key in KEYS.items()
}
NUMBERS = pytest.mark.parametrize("number", KEYS, ids=["plain", "128", "192", "256"])
WAYS = pytest.mark.parametrize("way", ["tcp", "udp"])


@pytest.fixture
def ports(station):
    """Serve DC-09 over TCP and UDP, with a roster that has the keys."""
    secret = new_sealing_key()
    (station.folder / "roster.key").write_bytes(secret)
    roster = Roster({("main", number): account for number, account in ACCOUNTS.items()})
    roster_file.write(station.folder / "roster.json", roster, Sealer(secret))
    # The station's file ends with the table of the roster, to which this line belongs.
    station.listeners = f'key = "{station.folder}/roster.key"\n'
    ports = {way: station.listen(way, "dc09") for way in ("tcp", "udp")}
    station.start()
    return ports


def signals(station):
    """Return code and number of every signal in the journal's frames, decoded."""
    said = []
    for entry in station.entries(Kind.FRAME):
        decoded = RECEIVERS["dc09"].decode(entry.raw, ACCOUNTS.get, {})
        assert isinstance(decoded, Decoded), decoded
        said += [(signal.number, signal.token, signal.code) for signal in decoded.signals]
    return said


class Dialler:
    """my-dc09-spt on one path; ``send`` tells whether it took the answer for an acknowledgement."""

    def __init__(self, number, way, port):
        self._path = TransPath("127.0.0.1", port, number, line=0, type=way)
        key = KEYS[number]
        # Its constructor takes no key of 24 bytes, though all of its code works with one.
        self._dc09 = dc09_msg(number, bytes(16) if key else None, None, 0)
        self._dc09.key = key.encode() if key else None
        self._sequence = 0
        self.offset = None
        self.set_offset = self._dc09.set_offset

    def send(self, token, content):
        self._sequence += 1
        connection = self._path.connect()
        try:
            block = self._dc09.dc09block(self._sequence, token, content)
            answer = connection.sendAndReceive(block.encode(), 512)
            token, self.offset = self._dc09.dc09answer(self._sequence, answer.decode())
            return token
        finally:
            connection.disconnect()


@WAYS
@NUMBERS
def test_a_dialler_is_acknowledged_in_every_cipher_over_every_way(station, ports, number, way):
    dialler = Dialler(number, way, ports[way])
    alarm = dc03_msg.dc03event(number, {"code": "BA", "zone": 3, "area": 1, "text": "HALL"})
    restored = dc05_msg.dc05event(number, {"code": 130, "q": 3, "zone": 3, "area": 1})
    assert dialler.send("NULL", "]") == "ACK"
    assert dialler.send("SIA-DCS", alarm) == "ACK"
    assert dialler.send("ADM-CID", restored) == "ACK"
    assert station.stop() == 0
    assert [signal for signal in signals(station) if signal[1] != "NULL"] == [
        (number, "SIA-DCS", "BA"),
        (number, "ADM-CID", "130"),
    ]


@pytest.mark.parametrize("number", ["1000", "1128", "1256"])
def test_a_dialler_empties_its_queue_and_its_polls_are_answered(station, ports, number):
    key = KEYS[number]
    transmitter = dc09_spt.dc09_spt(number)
    transmitter.set_path(
        "main", "primary", "127.0.0.1", ports["tcp"],
        account=number, key=key.encode() if key else None, line=0, type="TCP",
    )  # fmt: skip
    transmitter.start_poll(1, retry_delay=1)
    try:
        transmitter.send_msg("SIA", {"code": "FA", "zone": 7})
        transmitter.send_msg("CID", {"code": 110, "q": 1, "zone": 7})
        station.until(lambda: transmitter.notSent() == 0, "the queue is empty")
        station.until(lambda: transmitter.state()["main primary path ok"], "a poll is answered")
    finally:
        transmitter.stop_poll()
    assert station.stop() == 0
    assert {signal[1:] for signal in signals(station)} >= {("SIA-DCS", "FA"), ("ADM-CID", "110")}


def test_a_dialler_with_a_wrong_clock_takes_the_time_from_our_refusal(station, ports):
    dialler = Dialler("1128", "tcp", ports["tcp"])
    alarm = dc03_msg.dc03event("1128", {"code": "BA", "zone": 3})
    dialler.set_offset(-900)
    assert dialler.send("SIA-DCS", alarm) == "NAK"
    assert abs(dialler.offset) < 5
    dialler.set_offset(dialler.offset)
    assert dialler.send("SIA-DCS", alarm) == "ACK"
    assert station.stop() == 0


def written(number, token, content, sequence):
    """Return a frame whose check value and cipher are computed by pysiaalarm."""
    key = KEYS[number]
    event = SIAEvent(
        full_message="", msg_crc="", length="0", encrypted=bool(key), message_type=token,
        receiver="R0", line="L0", account=number, sequence=sequence,
        sia_account=SIAAccount(number, key),
    )  # fmt: skip
    tail = f"{content}]{SIAEvent._get_timestamp()}"
    rest = event.encrypt_content(f"|{tail}") if key else tail
    body = f'"{"*" if key else ""}{token}"{sequence}R0L0#{number}[{rest}'
    return f"\n{SIAEvent._crc_calc(body)}{len(body):04X}{body}\r".encode("ascii")


def exchange(way, port, frame):
    kind = socket.SOCK_STREAM if way == "tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.settimeout(20)
        sock.connect(("127.0.0.1", port))
        sock.send(frame)
        return sock.recv(4096)


@WAYS
@NUMBERS
@pytest.mark.parametrize(
    "said",
    [
        ("SIA-DCS", "#{}|Nri1/CL501", "CL"),
        ("ADM-CID", "#{}|1130 01 015", "130"),
        ("NULL", "", ""),
    ],
)
def test_what_pysiaalarm_computes_is_taken_and_it_reads_our_answer(
    station, ports, number, way, said
):
    token, content, code = said
    answer = exchange(way, ports[way], written(number, token, content.format(number), "0042"))
    text = answer.decode("ascii").strip()
    body = text[8:]
    assert text[:8] == f"{SIAEvent._crc_calc(body)}{len(body):04X}"
    if KEYS[number] is None:
        assert body == f'"ACK"0042R0L0#{number}[]'
    else:
        header, _, sealed = body.partition("[")
        assert header == f'"*ACK"0042R0L0#{number}'
        read = SIAEvent(
            full_message="", msg_crc="", length="0", encrypted=True, message_type="NULL",
            receiver="R0", line="L0", account=number, sequence="0042",
            sia_account=SIAAccount(number, KEYS[number]),
        )  # fmt: skip
        opened = read._get_crypter().decrypt(bytes.fromhex(sealed)).decode("latin-1")
        assert "]_" in opened
    assert station.stop() == 0
    if code:
        assert signals(station) == [(number, token, code)]

"""The receivers that can be simulated, in one table: how each speaks, and how patient it is.

Where the maker's manual names a figure it stands here; where none was seen, a receiver waits and
buffers as a Sur-Gard does (`receiver.Habits`), and its page says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from stationd.simulate import (
    ademco,
    ademco8000,
    bosch,
    dc07,
    galaxy,
    iti,
    plain,
    surgard,
)
from stationd.simulate.happening import Form
from stationd.simulate.receiver import Habits
from stationd.simulate.voice import Voice, echoed, in_bytes

__all__ = ["SIMULATED", "Simulated"]

_STREAMS = frozenset({"pty", "serial", "call", "listen"})
_ANY = _STREAMS | {"udp"}
_CALLS = frozenset({"call"})
_RRL = surgard.Header()
_RRLLL = surgard.Header("01", "001")
_OSM = surgard.Dialect(numeric=True, kind="98")
_CHEAP = surgard.Dialect(space="", end=b"")
_OKAY = ademco.okay()
_FOR_EVER = 10**9
_TWO_FAILURES = Habits(repeats=1, refusals=2)
_NO_HEARTBEAT = Habits(pause=10.0, heartbeat_every=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """A receiver as it can be simulated.

    ``receiver`` is the name a listener has for it, ``options`` what the listener is set to.
    ``voice`` None: panels of DC-09, each with a conversation of its own (`panel`).  ``numbers``
    are its sites if nobody names others: two that are known to a station, one that is not.
    """

    receiver: str
    title: str
    numbers: tuple[str, str, str]
    voice: Voice | None
    habits: Habits = field(default_factory=Habits)
    forms: tuple[Form, ...] = (Form.CONTACT_ID,)
    options: Mapping[str, str | int] = field(default_factory=dict)
    ways: frozenset[str] = _STREAMS


SIMULATED: Mapping[str, Simulated] = MappingProxyType(
    {
        "surgard-system": Simulated(
            receiver="surgard",
            title="Sur-Gard System 5",
            numbers=("4711", "4712", "4799"),
            forms=(Form.CONTACT_ID, Form.SIA, Form.BASIC),
            voice=Voice(
                write=surgard.writer(_RRLLL), heartbeat=lambda _: surgard.heartbeat(_RRLLL)
            ),
            options={"nak": "damaged"},
            ways=_ANY,
        ),
        "surgard-mlr2": Simulated(
            receiver="surgard",
            title="Sur-Gard MLR2-DV: knows no NAK, keeps 256 messages",
            numbers=("1234", "1235", "1299"),
            forms=(Form.CONTACT_ID, Form.SIA, Form.BASIC),
            voice=Voice(
                write=surgard.writer(_RRL),
                heartbeat=lambda _: surgard.heartbeat(_RRL),
                read=in_bytes(refused=()),
            ),
            habits=Habits(buffer=256),
            ways=_ANY,
        ),
        "surgard-osm": Simulated(
            receiver="surgard",
            title="EBS OSM and its like: digits for qualifiers, type 98, long accounts",
            numbers=("12345678", "1234567890", "9999999"),
            voice=Voice(
                write=surgard.writer(_RRL, _OSM), heartbeat=lambda _: surgard.heartbeat(_RRL)
            ),
            habits=Habits(wait=15.0, heartbeat_every=10.0),
        ),
        "surgard-ipro": Simulated(
            receiver="surgard",
            title="IPRO and cheap senders: no space, no end, answered with ACK and a line end",
            numbers=("5101", "5102", "5199"),
            voice=Voice(
                write=surgard.writer(_RRL, _CHEAP), read=in_bytes((b"ACK\r\n",), ()), checks=True
            ),
            habits=_NO_HEARTBEAT,
            options={"end": "", "answer": "41434B0D0A"},
            ways=_CALLS,
        ),
        "dc09": Simulated(
            receiver="dc09",
            title="Panels of SIA DC-09",
            numbers=("5A11", "5A12", "5A99"),
            forms=(Form.SIA, Form.CONTACT_ID),
            voice=None,
            ways=frozenset({"call", "udp"}),
        ),
        "dc07": Simulated(
            receiver="dc07",
            title="A receiver of SIA DC-07",
            numbers=("7001", "7002", "7099"),
            forms=(Form.SIA, Form.CONTACT_ID),
            voice=Voice(write=dc07.write, heartbeat=dc07.beat, read=dc07.read),
        ),
        "ademco685": Simulated(
            receiver="ademco685",
            title="Ademco 685 with its ACK/NAK protocol",
            numbers=("6851", "6852", "6859"),
            forms=(Form.CONTACT_ID, Form.BASIC),
            voice=Voice(write=ademco.writer(), heartbeat=lambda _: _OKAY),
            options={"nak": "damaged"},
        ),
        "ademco685-polled": Simulated(
            receiver="ademco685",
            title="Ademco 685 that says OKAY only when it is asked with S",
            numbers=("6861", "6862", "6869"),
            forms=(Form.CONTACT_ID, Form.BASIC),
            voice=Voice(write=ademco.writer(), questions={b"S": _OKAY}),
            habits=_NO_HEARTBEAT,
            options={"nak": "damaged", "poll": 1},
        ),
        "ademco685-one-way": Simulated(
            receiver="ademco685",
            title="Ademco 685 whose ACK/NAK protocol is off: it waits for nothing",
            numbers=("6871", "6872", "6879"),
            forms=(Form.CONTACT_ID, Form.BASIC),
            voice=Voice(write=ademco.writer(), heartbeat=lambda _: _OKAY),
            habits=Habits(awaits=False),
            options={"answer": ""},
        ),
        "caps": Simulated(
            receiver="ademco685",
            title="CAPS, in its 4x2 format",
            numbers=("6881", "6882", "6889"),
            voice=Voice(write=ademco.caps, heartbeat=lambda _: _OKAY),
            options={"layout": "caps", "nak": "damaged"},
        ),
        "mx8000": Simulated(
            receiver="mx8000",
            title="Honeywell/Ademco MX8000, its own protocol",
            numbers=("8001", "8002", "8099"),
            voice=Voice(
                write=ademco8000.write, heartbeat=ademco8000.beat, trouble=ademco8000.trouble
            ),
            habits=_TWO_FAILURES,
        ),
        "sk9000": Simulated(
            receiver="sk9000",
            title="Silent Knight 9000; its heartbeat is not known, so it has none",
            numbers=("9001", "9002", "9099"),
            voice=Voice(
                write=ademco8000.sk9000_write,
                trouble=ademco8000.sk9000_trouble,
                questions={b"\x00": b"\x15"},
            ),
            habits=Habits(repeats=1, refusals=2, pause=30.0, heartbeat_every=None),
        ),
        "d6500": Simulated(
            receiver="d6500",
            title="Bosch D6500 mode: skips what is refused three times",
            numbers=("6501", "6502", "6599"),
            voice=Voice(write=bosch.writer(), heartbeat=lambda _: bosch.heartbeat()),
            habits=Habits(refusals=3, skips=True, insists=True),
            options={"nak": "damaged"},
        ),
        "visoralarm": Simulated(
            receiver="d6500",
            title="VisorALARM as a Radionics 6500: a space before each line, letters",
            numbers=("6511", "6512", "6519"),
            voice=Voice(
                write=bosch.writer(header=" ", letters=True),
                heartbeat=lambda _: bosch.heartbeat(line="1", header=" "),
            ),
            options={"nak": "damaged"},
        ),
        "d6500-sia": Simulated(
            receiver="d6500-sia",
            title="Bosch SIA mode, with the CRC in digits; its heartbeat is not known",
            numbers=("6601", "6602", "6699"),
            forms=(Form.SIA, Form.CONTACT_ID),
            voice=Voice(write=bosch.write_sia_mode, read=bosch.read_sia_mode),
            habits=_NO_HEARTBEAT,
        ),
        "cp220": Simulated(
            receiver="cp220",
            title="FBI CP-220 with its ACK on: ten refusals and the computer has failed",
            numbers=("220001", "220002", "220099"),
            voice=Voice(write=plain.cp220),
            habits=Habits(refusals=10, pause=60.0, heartbeat_every=None),
            options={"answer": "06", "nak": "damaged"},
        ),
        "cp220-one-way": Simulated(
            receiver="cp220",
            title="FBI CP-220 as it leaves the factory: it waits for nothing",
            numbers=("220101", "220102", "220199"),
            voice=Voice(write=plain.cp220),
            habits=Habits(awaits=False, heartbeat_every=None),
        ),
        "iti": Simulated(
            receiver="iti",
            title="ITI Generic",
            numbers=("4001", "4002", "4099"),
            voice=Voice(write=iti.write, heartbeat=lambda _: iti.generic("00 OKAY @")),
            habits=_TWO_FAILURES,
            options={"nak": "damaged"},
        ),
        "iti-interface": Simulated(
            receiver="iti",
            title="ITI Computer Interface",
            numbers=("4101", "4102", "4199"),
            voice=Voice(write=iti.interface, heartbeat=iti.interface_beat),
            habits=_TWO_FAILURES,
            options={"layout": "interface", "nak": "damaged"},
        ),
        "aes7705": Simulated(
            receiver="aes7705",
            title="AES 7705i in 685 mode: answers S, and says OKAY by itself",
            numbers=("7701", "7702", "7799"),
            forms=(Form.CONTACT_ID, Form.BASIC),
            voice=Voice(
                write=ademco.writer(contact="13", basic="14", joined=True),
                heartbeat=lambda _: _OKAY,
                questions={b"S": _OKAY},
            ),
            options={"nak": "damaged"},
        ),
        "aes7705-6500": Simulated(
            receiver="aes7705",
            title="AES 7705i in 6500 mode",
            numbers=("7711", "7712", "7719"),
            forms=(Form.BASIC, Form.CONTACT_ID),
            voice=Voice(
                write=bosch.writer(mixed=True), heartbeat=lambda _: bosch.heartbeat(line="1")
            ),
            options={"mode": "6500", "nak": "damaged"},
        ),
        "exprecium": Simulated(
            receiver="exprecium",
            title="MCDI Exprecium, its own output: repeats every 2 s, without end",
            numbers=("3701", "3702", "3799"),
            forms=(Form.CONTACT_ID, Form.SIA),
            voice=Voice(write=plain.exprecium, heartbeat=lambda _: b"@\r"),
            habits=Habits(wait=2.0, repeats=_FOR_EVER, refusals=_FOR_EVER),
            options={"nak": "damaged"},
        ),
        "galaxy": Simulated(
            receiver="galaxy",
            title="Honeywell Galaxy, SIA level 3: four tries of a block, then it calls again",
            numbers=("310001", "310002", "310099"),
            voice=Voice(
                write=galaxy.writer(level=3),
                read=in_bytes(galaxy.TAKEN, galaxy.REJECTED),
                end=galaxy.END,
            ),
            habits=Habits(wait=2.5, refusals=4, pause=10.0, heartbeat_every=None, calls=True),
            ways=_CALLS,
        ),
        "contact-id-tcp": Simulated(
            receiver="contact-id-tcp",
            title="Lupus and Climax: one message a connection",
            numbers=("3201", "3202", "3299"),
            voice=Voice(write=plain.contact_id_tcp, read=in_bytes(refused=())),
            habits=Habits(pause=10.0, heartbeat_every=None, calls=True, one_a_call=True),
            ways=_CALLS,
        ),
        "osborne-hoffman": Simulated(
            receiver="osborne-hoffman",
            title="Osborne-Hoffman: the heartbeat that is known, and lines of our own",
            numbers=("3301", "3302", "3399"),
            voice=Voice(
                write=plain.oh_line,
                heartbeat=lambda _: plain.oh_heartbeat("3301"),
                read=in_bytes((b'"ACK"',), ()),
                checks=False,
            ),
            habits=Habits(pause=10.0),
            ways=_CALLS,
        ),
        "dmp": Simulated(
            receiver="dmp",
            title="DMP SCS-1R with a template of our own: 3 s, three attempts, a test a minute",
            numbers=("3401", "3402", "3499"),
            voice=Voice(write=plain.dmp, heartbeat=plain.dmp_test, checks=False),
            habits=Habits(wait=3.0, repeats=2, heartbeat_every=60.0, pause=10.0),
        ),
        "raw": Simulated(
            receiver="raw",
            title="Lines of nobody in particular, each answered with 06h",
            numbers=("3501", "3502", "3599"),
            voice=Voice(write=plain.line, checks=False),
            habits=_NO_HEARTBEAT,
            ways=_ANY,
        ),
        "raw-echo": Simulated(
            receiver="raw",
            title="What wants its own bytes back, ended by a silence (as Galaxy's IP check)",
            numbers=("3601", "3602", "3699"),
            voice=Voice(write=plain.line, read=echoed, checks=False),
            habits=_NO_HEARTBEAT,
            options={"end": "", "gap_ms": 100, "answer": "echo"},
            ways=_CALLS,
        ),
    }
)

"""Layouts as the manuals print them, filled in column by column, and what is read of them."""

from dataclasses import dataclass, field

import pytest

from receivers.registry import RECEIVERS
from receivers.session import Options
from receivers.signals import Decoded, Signal
from receivers.surgard.message import HEADERS

EVENT = {"Q": "E", "X": "1", "Y": "3", "Z": "0", "G": "02", "C": "015"}
CHANNELS = "15555555"
ONE = {"number": "1234", "zone": "5"}


@dataclass(frozen=True)
class Layout:
    """A layout: s is a space, capitals are filled in, the first character is as it stands.

    ``said`` are the characters that fill each capital, in order; ``read`` is what a signal has.
    """

    receiver: str
    text: str
    said: dict[str, str]
    read: dict[str, str]
    options: Options = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.receiver} {self.text}"


def filled(text: str, said: dict[str, str]) -> str:
    """Return ``text`` with its capitals filled in."""
    left = {letter: iter(value) for letter, value in said.items()}
    body = "".join(" " if c == "s" else next(left[c]) if c in left else c for c in text[1:])
    assert all(next(rest, None) is None for rest in left.values()), "all is filled in"
    return text[:1] + body


def cid(number: str = "1234") -> tuple[dict[str, str], dict[str, str]]:
    return {"A": number, **EVENT}, {"number": number, "code": "130", "area": "02", "zone": "015"}


SURGARD = [
    ("1RRLssssssAAAAsXGYYY", {"A": "1234", "X": "C", "G": "2", "Y": "128"},
     {"number": "1234", "code": "C", "area": "2", "user": "128"}),
    ("1RRLssssssAAAAsEsssZ", {"A": "1234", "E": "A", "Z": "5"}, ONE | {"code": "A"}),
    ("1RRLsssssssAAAsEsssZ", {"A": "123", "E": "A", "Z": "5"}, {"number": "123", "zone": "5"}),
    ("1RRLsssssssAAAsEssYZ", {"A": "123", "E": "A", "Y": "4", "Z": "5"},
     {"number": "123", "zone": "45"}),
    ("1RRLsssssAAAAAsEsssZ", {"A": "12345", "E": "A", "Z": "5"}, {"number": "12345", "zone": "5"}),
    ("1RRLssssssAAAAsPss01", {"A": "0000"}, {"number": "0000", "code_name": "two-way audio"}),
    ("3RRLssssAAAAAAXXYYYY", {"A": "001234", "X": "BA", "Y": "0005"},
     {"number": "001234", "code": "BA", "zone": "0005"}),
    ("5RRLs18AAAAQXYZGGCCC", *cid()),
    ("5RRLs98AAAAQXYZGGCCC", *cid()),
    ("5RRLs18AAAAAAAAAAQXYZGGCCC", *cid("0000001234")),
    ("6RRLssssssAAAAXXYYYY", {"A": "1234", "X": "OP", "Y": "0007"},
     {"number": "1234", "code": "OP", "user": "0007"}),
    ("1RRLssssssAAAAXXYYYY", {"A": "1234", "X": "FA", "Y": "0007"},
     {"number": "1234", "code": "FA", "zone": "0007"}),
    ("CRRLssssAAAAAAXYZZss", {"A": "001234", "X": "1", "Y": "3", "Z": "05"},
     {"number": "001234", "code": "13", "zone": "05"}),
    ("SRRL[#AAAA|Nxxyyyy]", {"A": "1234", "x": "BA", "y": "0005"},
     {"number": "1234", "code": "BA", "zone": "0005"}),
    ("0RRL[#0000|Nxxyy]", {"x": "YD", "y": "01"}, {"code": "YD", "signal_class": "self"}),
]  # fmt: skip
# Header and account stand here without a space, so the width is not in the frame for all of them.
JOINED = [
    ("8RRLAAAAsCCCCsCCCCsC", {"A": "1234", "C": CHANNELS + "7"},
     {"number": "1234", "text": "1555 5555 7"}),
    ("8RRLAAAAAAsCCCCsCCCCsCCCCsCCCCsC", {"A": "123456", "C": CHANNELS * 2 + "7"},
     {"number": "123456", "text": "1555 5555 1555 5555 7"}),
    ("TRRLAAAAAAsEssZZ", {"A": "123456", "E": "K", "Z": "05"},
     {"number": "123456", "code": "K", "zone": "05", "signal_class": "restore"}),
    ("sRRLAAAAAAAAAA" + "S" * 21, {"A": "0012345678", "S": "008931080" + "0" * 12},
     {"number": "0012345678"}),
]  # fmt: skip
OTHERS = [
    Layout("d6500", "aRRLsAAAA18QXYZGGCCC\x14", *cid()),
    Layout("d6500", "fRRLAAAAAAsCCCCsCCCCsC\x14", {"A": "  1234", "C": CHANNELS + "7"},
           {"number": "1234", "text": "1555 5555 7"}),
    Layout("d6500", "9RRLssssssAAAACCCCCCCC\x14", {"A": "1234", "C": "12345678"},
           {"number": "1234", "text": "12345678"}),
    Layout("d6500", "9RRLssssAAAACCCCCCCC\x14", {"A": "1234", "C": "12345678"},
           {"number": "1234", "text": "12345678"}),
    Layout("d6500", "1RRLssssssAAAAEEsNNNs\x14", {"A": "1234", "E": "A ", "N": "005"},
           {"number": "1234", "code": "A ", "zone": "005"}),
    Layout("d6500", "1RRLssssssAAAAsGGsEEsZZZ\x14",
           {"A": "1234", "G": "05", "E": "F4", "Z": "012"},
           {"number": "1234", "area": "05", "zone": "012", "code_name": "fire alarm"}),
    Layout("aes7705", "1RRLssssssAAAAEEsNNNs\x14", {"A": "1234", "E": "A ", "N": "212"},
           {"number": "1234", "zone": "212"}, {"mode": "6500"}),
    Layout("aes7705", "\nRLsAAAAsEZ\r", {"R": "1", "L": "4", "A": "1234", "E": "3", "Z": "5"},
           ONE | {"code": "3"}),
    Layout("ademco685", "\nRLsAAAAsE\r", {"A": "1234", "E": "3"}, {"number": "1234", "code": "3"}),
    Layout("ademco685", "\nRLsAAAAsEsZ\r", {"A": "1234", "E": "3", "Z": "5"}, ONE | {"code": "3"}),
    Layout("ademco685", "\nRLsAAAAsCCCCsCCCCsC\r", {"A": "1234", "C": CHANNELS + "7"},
           {"number": "1234", "text": "1555 5555 7"}),
    Layout("ademco685", "\nRLsAAAAs18sQXYZsGGsFCCCs\r", cid()[0] | {"F": "U"},
           {"number": "1234", "code": "130", "area": "02", "user": "015"}),
    Layout("ademco685", "\nRLsAAAAsXsYsZA",
           {"A": "1234A", "X": "0", "Y": "5", "Z": "3"}, ONE | {"code": "3"}, {"layout": "caps"}),
    Layout("cp220", "1LAAAAAACCCC\r", {"A": "123456", "C": "4131"},
           {"number": "123456", "code": "4131"}),
    Layout("cp220", "1LAAAAEEZZZ\r", {"A": "1234", "E": "B1", "Z": "036"},
           {"number": "1234", "code": "B1", "zone": "036"}),
    Layout("contact-id-tcp", "[AAAAs18QXYZGGCCCS]",
           cid()[0] | {"Q": "1", "S": "D"}, {"number": "1234", "code": "130", "zone": "015"}),
]  # fmt: skip


def read(receiver: str, raw: bytes, options: Options) -> Signal:
    decoded = RECEIVERS[receiver].decode(raw, lambda _: None, options)
    assert isinstance(decoded, Decoded), decoded
    (signal,) = decoded.signals
    return signal


def fields(signal: Signal, names: dict[str, str]) -> dict[str, object]:
    return {name: getattr(signal, name) for name in names}


@pytest.mark.parametrize("layout", SURGARD + JOINED, ids=lambda layout: str(layout[0]))
@pytest.mark.parametrize("name", [name for name in HEADERS if name.startswith("RR")])
def test_a_sur_gard_layout_is_read_behind_a_header_of_any_width(
    layout: tuple[str, dict[str, str], dict[str, str]], name: str
) -> None:
    text, said, expected = layout
    line = "1234567"[: name.count("L")]
    said = {"R": "01", "L": line, **said}
    text = text.replace("RRL", name)
    raw = filled(text, said).encode() + b"\x14"
    signal = read("surgard", raw, {"header": name})
    assert fields(signal, expected) == expected
    assert (signal.receiver, signal.line) == ("01", line)


@pytest.mark.parametrize("layout", SURGARD, ids=lambda layout: str(layout[0]))
def test_where_a_space_parts_them_the_width_need_not_be_set(
    layout: tuple[str, dict[str, str], dict[str, str]],
) -> None:
    text, said, expected = layout
    raw = filled(text, {"R": "01", "L": "1", **said}).encode() + b"\x14"
    assert fields(read("surgard", raw, {}), expected) == expected


@pytest.mark.parametrize("layout", OTHERS, ids=str)
def test_a_layout_is_read_at_its_columns(layout: Layout) -> None:
    header = {"R": "01", "L": "1"} if "RRL" in layout.text else {"R": "1", "L": "1"}
    held = {letter: text for letter, text in header.items() if letter in layout.text[1:]}
    raw = filled(layout.text, {**held, **layout.said}).encode()
    signal = read(layout.receiver, raw, layout.options)
    assert fields(signal, layout.read) == layout.read

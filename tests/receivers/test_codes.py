import csv
from importlib import resources
from pathlib import Path

import pytest

from receivers import codes
from receivers.codes import TABLE, contact_id_codes, name_contact_id, name_sia, sia_codes
from receivers.signals import Decoded, Signal, SignalClass
from receivers.surgard.message import decode

# Every code of the tables, with the class that a reader of the table's name gave it: new and
# restored; what its number names; whose private code it is.
CLASSES = list(
    csv.DictReader(
        (Path(__file__).parents[1] / "vectors" / "code-classes.csv").read_text().splitlines()
    )
)


def test_the_tables_hold_every_line_of_their_files() -> None:
    assert len(contact_id_codes()) == 327
    assert len(sia_codes()) == 329


@pytest.mark.parametrize("name", ["contact_id.csv", "sia.csv"])
def test_no_code_stands_twice(name: str) -> None:
    text = resources.files("receivers").joinpath("tables", name).read_text(encoding="utf-8")
    codes = [row[0] for row in csv.reader(text.splitlines()[1:])]
    assert len(codes) == len(set(codes))


def test_the_tables_are_read_once() -> None:
    assert sia_codes() is sia_codes()
    assert contact_id_codes() is contact_id_codes()


@pytest.mark.parametrize(
    ("code", "qualifier", "expected"),
    [
        ("130", "1", SignalClass.ALARM),
        ("130", "3", SignalClass.RESTORE),
        ("130", "6", SignalClass.STATUS),
        ("121", "1", SignalClass.DURESS),
        ("100", "1", SignalClass.MEDICAL),
        ("100", "3", SignalClass.RESTORE),
        ("401", "1", SignalClass.OPENING),
        ("401", "3", SignalClass.CLOSING),
        ("441", "3", SignalClass.CLOSING),
        ("406", "1", SignalClass.CANCEL),
        ("406", "3", SignalClass.CANCEL),
        ("454", "1", SignalClass.STATUS),
        ("203", "1", SignalClass.SUPERVISORY),
        ("301", "1", SignalClass.TROUBLE),
        ("301", "3", SignalClass.RESTORE),
        ("570", "1", SignalClass.BYPASS),
        ("570", "3", SignalClass.BYPASS),
        ("602", "1", SignalClass.TEST),
        ("607", "3", SignalClass.TEST),
        ("621", "1", SignalClass.STATUS),
        ("423", "1", SignalClass.ALARM),
        ("470", "1", SignalClass.BYPASS),
        ("408", "3", SignalClass.CLOSING),
        ("459", "1", SignalClass.CLOSING),
        ("459", "6", SignalClass.STATUS),
        ("606", "1", SignalClass.STATUS),
        ("914", "3", SignalClass.TEST),
        ("531", "3", SignalClass.STATUS),
        ("554", "3", SignalClass.RESTORE),
    ],
)
def test_a_contact_id_code_has_the_class_its_qualifier_gives_it(
    code: str, qualifier: str, expected: SignalClass
) -> None:
    assert name_contact_id(code, qualifier)[0] is expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("107", SignalClass.MEDICAL),
        ("1FF", SignalClass.ALARM),
        ("299", SignalClass.SUPERVISORY),
        ("399", SignalClass.TROUBLE),
        ("449", SignalClass.OPENING),
        ("469", SignalClass.STATUS),
        ("799", SignalClass.TROUBLE),
        ("499", SignalClass.STATUS),
        ("599", SignalClass.BYPASS),
        ("699", SignalClass.STATUS),
    ],
)
def test_a_contact_id_code_no_table_names_has_the_class_of_its_first_digits(
    code: str, expected: SignalClass
) -> None:
    assert name_contact_id(code, "1") == (expected, "", "zone", "")


def test_a_contact_id_code_says_whether_its_number_is_a_user() -> None:
    assert name_contact_id("401", "1")[1:] == ("opening/closing by user", "user", "")
    assert name_contact_id("130", "1")[2] == "zone"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("BA", SignalClass.ALARM),
        ("BV", SignalClass.ALARM),
        ("BG", SignalClass.TROUBLE),
        ("BR", SignalClass.RESTORE),
        ("BB", SignalClass.BYPASS),
        ("BU", SignalClass.BYPASS),
        ("BC", SignalClass.CANCEL),
        ("BT", SignalClass.TROUBLE),
        ("BX", SignalClass.TEST),
        ("FS", SignalClass.SUPERVISORY),
        ("MA", SignalClass.MEDICAL),
        ("OP", SignalClass.OPENING),
        ("OR", SignalClass.OPENING),
        ("OC", SignalClass.CANCEL),
        ("OI", SignalClass.STATUS),
        ("CL", SignalClass.CLOSING),
        ("CR", SignalClass.CLOSING),
        ("CI", SignalClass.STATUS),
        ("RP", SignalClass.TEST),
        ("TS", SignalClass.TEST),
        ("RR", SignalClass.RESTORE),
        ("AT", SignalClass.TROUBLE),
        ("TA", SignalClass.ALARM),
        ("ES", SignalClass.TROUBLE),
        ("DD", SignalClass.STATUS),
        ("ND", SignalClass.DURESS),
        ("AB", SignalClass.CANCEL),
        ("XX", SignalClass.TROUBLE),
        ("AS", SignalClass.TROUBLE),
        ("AF", SignalClass.CLOSING),
        ("YL", SignalClass.TROUBLE),
    ],
)
def test_a_sia_code_has_the_class_of_its_kind(code: str, expected: SignalClass) -> None:
    assert name_sia(code)[0] is expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("UQ", SignalClass.STATUS),
        ("NH", SignalClass.STATUS),
        ("??", SignalClass.STATUS),
        ("", SignalClass.STATUS),
    ],
)
def test_a_sia_code_no_table_names_has_no_name(code: str, expected: SignalClass) -> None:
    assert name_sia(code) == (expected, "", "zone", "")


def test_every_code_of_the_zone_families_is_in_the_table_or_follows_the_pattern() -> None:
    # The families the standard spells out agree with the pattern used for what it does not.
    assert name_sia("KA")[0] is SignalClass.ALARM
    assert "KZ" not in sia_codes()
    assert name_sia("KZ")[0] is SignalClass.STATUS


def test_a_vendors_private_code_names_the_vendor() -> None:
    assert name_sia("NP")[3] == "ajax"
    assert name_sia("BL")[3] == "galaxy"
    assert name_sia("BA")[3] == ""
    assert name_contact_id("470", "1")[3] == "private"
    assert name_contact_id("360", "1")[3] == "private"
    assert name_contact_id("130", "1")[3] == ""


def only_signal(frame: str) -> Signal:
    decoded = decode(frame.encode("ascii") + b"\x14", lambda _: None, {})
    assert isinstance(decoded, Decoded)
    (signal,) = decoded.signals
    return signal


def placed(signal: Signal) -> dict[str, str]:
    """Return where the number of a signal stands, and what it is said to name."""
    fields = {"zone": signal.zone, "user": signal.user, "area": signal.area}
    return {name: text for name, text in fields.items() if text} | (
        {"place": signal.extra["place"]} if "place" in signal.extra else {}
    )


def expected_place(row: dict[str, str], number: str) -> dict[str, str]:
    """Return where a number stands that names what the row says."""
    names = row["names"]
    if names in {"user", "area"}:
        return {names: number}
    place = {} if names in {"zone", "point", "none", "unknown"} else {"place": names}
    return {"zone": number, **place}


def rows_of(table: str) -> list[dict[str, str]]:
    return [row for row in CLASSES if row["table"] == table]


def test_every_code_of_the_tables_has_a_row_with_its_class() -> None:
    assert [row["code"] for row in rows_of("contact-id")] == list(contact_id_codes())
    assert [row["code"] for row in rows_of("sia")] == list(sia_codes())


@pytest.mark.parametrize("row", rows_of("contact-id"), ids=lambda row: row["code"])
def test_a_contact_id_code_in_a_frame_has_its_class_and_place(row: dict[str, str]) -> None:
    new, over, still = (only_signal(f"5011 181234{q}{row['code']}00015") for q in "ERP")
    assert (new.signal_class, over.signal_class) == (row["new"], row["restore"])
    assert still.signal_class is SignalClass.STATUS
    names = expected_place(row, "015")
    # Contact ID has no number of an area besides the partition.
    assert placed(new) == placed(over) == {"area": "00", **names}
    assert new.vendor == row["vendor"]
    assert new.code_name


@pytest.mark.parametrize("row", rows_of("sia"), ids=lambda row: row["code"])
def test_a_sia_code_in_a_frame_has_its_class_and_place(row: dict[str, str]) -> None:
    event = only_signal(f"S011[#1234|N{row['code']}15]")
    assert event.signal_class == row["new"]
    assert placed(event) == expected_place(row, "15")
    assert event.vendor == row["vendor"]
    assert event.code_name


def test_the_classes_of_the_table_are_those_of_reports() -> None:
    named = {row["new"] for row in CLASSES} | {row["restore"] for row in CLASSES}
    assert named == set(SignalClass) - {SignalClass.SELF}


def test_the_short_and_the_long_form_of_a_code_agree() -> None:
    short, long = only_signal("3011      1234OP0012"), only_signal("S011[#1234|NOP0012]")
    assert (short.signal_class, short.user) == (long.signal_class, long.user)


def test_the_version_is_a_name_and_a_hash_that_changes_with_any_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name, _, digest = TABLE.partition(":")
    assert (name, len(digest)) == ("stationd-codes-2", 12)
    assert codes._version() == TABLE
    monkeypatch.setitem(codes._SIA_CODES, "OT", SignalClass.TROUBLE)
    assert codes._version() != TABLE
    monkeypatch.undo()
    monkeypatch.setattr(codes, "_text", lambda name: f"{name}: one line more")
    assert codes._version() != TABLE

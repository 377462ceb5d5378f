"""Reading anew: corrections and never edits, once, wherever it is cut short."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive import ledger_check, merkle
from receivers.registry import RECEIVERS
from receivers.signals import Undecoded
from stationd.clock import SetClock, from_ns, iso
from stationd.db import schema
from stationd.db.engine import Database
from stationd.desk import Desk
from stationd.errors import NotAuthorisedError, UnavailableError
from stationd.ids import CountedIds
from stationd.journal.model import Kind
from stationd.ledger.store import append_close
from stationd.redecoding import service
from stationd.redecoding.model import Asked, Report
from stationd.redecoding.service import look, redecode
from stationd.schedule.store import take_lease
from stationd.settings import PolicySettings
from stationd.signals.service import history, parked, tail
from stationd.staff.model import Person, Role
from tests.stationd.conftest import Roll, WrittenJournal
from tests.stationd.redecoding.conftest import Kept, counts

MARIA = Person(login="maria", name="Maria", role=Role.MANAGER)


def check_chains(desk: Desk) -> None:
    """Recompute every chain with the verifier's code and compare it with its head."""
    leaves: dict[tuple[str, int], list[bytes]] = {}
    with desk.database.reading() as connection:
        query = sa.select(schema.records).order_by("acct", "epoch", "seq")
        for row in connection.execute(query):
            leaves.setdefault((row.acct, row.epoch), []).append(merkle.leaf(row.body))
        for head in connection.execute(sa.select(schema.heads)):
            key = ledger_check.account_key("station-1", head.acct, head.epoch)
            chain = leaves[head.acct, head.epoch]
            assert (head.size, head.head) == (len(chain), ledger_check.chain(key, chain))


@pytest.fixture
def alarms(kept: Kept, frames: Any) -> Kept:
    """Three signals of an account: two of a code that will be explained otherwise."""
    kept.journal.frame(frames.dc09("1234", "NBA005"))
    kept.journal.frame(frames.dc09("1234", "NFA001"))
    kept.journal.frame(frames.dc09("1234", "NBA006"))
    kept.take()
    return kept


def test_the_same_tools_change_nothing(alarms: Kept) -> None:
    report = look(alarms.desk, Asked(), alarms.tools)
    assert counts(report) == {"entries": 4, "signals": 3}
    assert report.changes == {}


def test_another_version_that_means_the_same_is_no_change(alarms: Kept) -> None:
    # The tools of a test name a table of their own; every meaning is as it was.
    assert counts(alarms.apply()) == {"entries": 4, "signals": 3}
    assert [one["type"] for one in alarms.records("4821")] == ["open", "signal", "signal", "signal"]


def test_looking_writes_nothing_and_says_what_would_change(alarms: Kept) -> None:
    alarms.own()
    before = alarms.records("4821")
    report = look(alarms.desk, Asked(), alarms.tools)
    assert counts(report) == {"entries": 4, "signals": 3, "corrected": 2}
    ((was, now),) = report.changes
    assert (was, now) == (
        "alarm BA burglary alarm",
        "medical BA cold room door acme",
    )
    assert report.changes[was, now].examples == [("4821", 1, 2), ("4821", 1, 4)]
    assert report.accounts == {"4821": 2}
    assert alarms.records("4821") == before


@pytest.mark.both_databases
def test_a_correction_is_a_record_that_says_what_was_and_what_is(alarms: Kept) -> None:
    own = alarms.own()
    before = alarms.records("4821")
    assert counts(alarms.apply())["corrected"] == 2
    after = alarms.records("4821")
    assert after[:4] == before
    first = after[4]
    assert (first["type"], first["origin"], first["by"]) == ("correction", "machine", "anna")
    assert (first["corrects"], first["part"], first["kind"]) == (2, [1, 1], "redecoded")
    assert first["entry"] == before[1]["entry"]
    assert (first["class"], first["name"], first["zone"]) == ("medical", "cold room door", "005")
    assert first["table"] == own.version
    assert first["software"] == "stationd 0"
    assert first["before"] == {
        "class": "alarm",
        "name": before[1]["name"],
        "table": before[1]["table"],
        "vendor": None,
    }
    assert "frame" not in first
    check_chains(alarms.desk)


def test_the_index_shows_the_corrected_meaning_with_what_it_was(alarms: Kept) -> None:
    alarms.own()
    alarms.apply()
    first, other, _ = history(alarms.desk, "4821")
    assert (first.signal_class, first.name, first.marks) == (
        "medical",
        "cold room door",
        "corrected",
    )
    assert first.was == "alarm BA burglary alarm zone 005 number 1234"
    assert (other.marks, other.was) == ("", "")
    assert [row.seq for row in history(alarms.desk, "4821", classes=["medical"])] == [2, 4]
    rows, _ = tail(alarms.desk, {})
    assert rows[0].was == first.was


def test_a_second_pass_finds_everything_done(alarms: Kept) -> None:
    alarms.own()
    alarms.apply()
    before = alarms.records("4821")
    assert counts(alarms.apply()) == {"entries": 4, "signals": 3}
    assert alarms.records("4821") == before


def test_a_correction_can_be_corrected_and_the_first_words_stay(alarms: Kept) -> None:
    alarms.own()
    alarms.apply()
    alarms.own(OWNED_AGAIN)
    assert counts(alarms.apply())["corrected"] == 2
    last = alarms.records("4821")[-1]
    assert (last["corrects"], last["before"]["name"]) == (4, "cold room door")
    assert last["name"] == "freezer door"
    row = history(alarms.desk, "4821")[2]
    assert (row.name, row.marks) == ("freezer door", "corrected")
    assert row.was == "alarm BA burglary alarm zone 006 number 1234"
    assert counts(alarms.apply()) == {"entries": 4, "signals": 3}


OWNED_AGAIN = """
name = "south"
[[codes]]
format = "sia"
code = "BA"
class = "medical"
name = "freezer door"
vendor = "acme"
"""


def test_what_concerns_a_closed_epoch_stands_in_the_stations_chain(alarms: Kept) -> None:
    desk = alarms.desk
    with desk.database.writing() as connection:
        append_close(connection, "4821", 1, fields={}, now=desk.clock.now(), ids=desk.ids)
    closed = alarms.records("4821")
    alarms.own()
    alarms.apply()
    assert alarms.records("4821") == closed
    first, second, done = alarms.records("station")[1:]
    assert [one["type"] for one in (first, second)] == ["correction"] * 2
    assert (first["of"], first["corrects"]) == ({"acct": "4821", "epoch": 1}, 2)
    assert done["kind"] == "redecoded"
    assert history(desk, "4821")[0].marks == "corrected"
    with desk.database.reading() as connection:
        about = connection.execute(sa.select(schema.about).order_by("seq")).all()
    assert [tuple(row) for row in about] == [("4821", 2), ("4821", 3)]
    assert counts(alarms.apply()) == {"entries": 4, "signals": 3}
    check_chains(desk)


def test_a_pass_is_recorded_with_what_it_did(alarms: Kept) -> None:
    own = alarms.own()
    alarms.apply()
    done = alarms.records("station")[-1]
    assert (done["type"], done["origin"], done["by"]) == ("config", "human", "anna")
    assert done["counts"]["corrected"] == 2
    assert (done["own"], done["table"]) == (own.version, "stationd-codes-1:0")


def test_only_who_runs_the_machine_may_apply(alarms: Kept) -> None:
    with pytest.raises(NotAuthorisedError, match="manage staff, keys, receivers"):
        redecode(alarms.desk, Asked(), alarms.tools, by=MARIA)


def test_a_time_and_a_listener_limit_what_is_read(alarms: Kept, frames: Any) -> None:
    entries = alarms.journal.entries
    alarms.own()
    rx = iso(from_ns(entries[3].received_at))
    assert counts(look(alarms.desk, Asked(since=rx), alarms.tools))["corrected"] == 1
    assert counts(look(alarms.desk, Asked(until=rx), alarms.tools))["corrected"] == 1
    assert "corrected" not in counts(look(alarms.desk, Asked(listeners=("com1",)), alarms.tools))
    assert counts(look(alarms.desk, Asked(listeners=("ip",)), alarms.tools))["corrected"] == 2


def test_one_accounts_signals_are_read_by_themselves(alarms: Kept, frames: Any, roll: Any) -> None:
    roll.account("9")
    roll.link("9", "main", "77")
    alarms.journal.frame(frames.dc09("77", "NBA001"))
    alarms.take()
    alarms.own()
    report = alarms.apply(Asked(accounts=("9",)))
    assert counts(report) == {"entries": 1, "signals": 1, "corrected": 1}
    assert [row.marks for row in history(alarms.desk, "4821")] == ["", "", ""]
    assert counts(alarms.apply(Asked(accounts=("4821", "9"))))["corrected"] == 2
    assert counts(alarms.apply(Asked(accounts=("nobody",)))) == {}


def test_what_is_purged_is_passed_over(alarms: Kept) -> None:
    alarms.own()
    # A purge is what the triggers let through one day; a test takes them away.
    with alarms.desk.database.writing() as connection:
        connection.exec_driver_sql("DROP TRIGGER entries_no_update")
        connection.execute(
            sa.update(schema.entries).where(schema.entries.c.position == 2).values(body=None)
        )
    found = counts(look(alarms.desk, Asked(), alarms.tools))
    assert (found["purged"], found["corrected"]) == (1, 1)


# --- What was parked ---


@pytest.mark.both_databases
def test_a_parked_frame_becomes_a_record_of_its_account(kept: Kept, frames: Any) -> None:
    kept.journal.start({"ip": {"receiver": "raw", "group": "main", "mode": "primary"}})
    kept.journal.frame(frames.dc09("1234", "NBA005/FA006"))
    kept.take()
    assert [one.reason for one in parked(kept.desk)] == ["undecoded"]
    kept.now("ip", "dc09")
    report = kept.apply()
    assert (report.counts["added"], report.counts["settled"]) == (2, 1)
    first, second = kept.records("4821")[1:]
    line = kept.records("line:ip")[-1]
    assert (first["type"], first["code"], first["part"]) == ("signal", "BA", [1, 2])
    assert first["from"] == {"acct": "line:ip", "epoch": 1, "seq": line["seq"]}
    assert (first["marks"], first["by"]) == (["redecoded"], "anna")
    assert (first["frame"], first["group"]) == (kept.journal.entries[-1].raw.hex(), "main")
    assert (second["code"], second["part"]) == ("FA", [2, 2])
    assert parked(kept.desk) == []
    assert [row.marks for row in history(kept.desk, "4821")] == ["redecoded", "redecoded"]
    assert "added" not in counts(kept.apply())
    check_chains(kept.desk)


def test_a_parked_frame_of_nobody_is_parked_under_its_number(kept: Kept, frames: Any) -> None:
    kept.journal.start({"ip": {"receiver": "raw", "group": "main", "mode": "primary"}})
    kept.journal.frame(frames.dc09("77", "NBA005"))
    kept.take()
    kept.now("ip", "dc09")
    kept.apply()
    (place,) = parked(kept.desk)
    assert (place.reason, place.number, place.count) == ("unknown_number", "77", 1)
    assert kept.records("unknown:main:77")[1]["code"] == "BA"
    assert counts(kept.apply()).keys() == {"entries", "signals"}


def test_a_stations_own_events_leave_the_parking_place_too(kept: Kept) -> None:
    kept.journal.start({"com1": {"receiver": "raw", "group": "lines", "mode": "primary"}})
    kept.journal.frame(b"0010[#0000|NRP01]\x14", "com1")
    kept.take()
    kept.now("com1", "surgard")
    kept.apply()
    assert parked(kept.desk) == []
    assert kept.records("line:com1")[-1]["class"] == "self"


def test_whole_frames_are_found_in_garbled_bytes(kept: Kept, frames: Any, roll: Any) -> None:
    roll.account("7")
    roll.link("7", "lines", "7777")
    raw = frames.contact_id("7777", "E130").replace(b"\x14", b"\r") * 2
    kept.journal.write(Kind.GARBLED, raw + b"5011 18", "com1", {"fault": "no_terminator"})
    kept.take()
    kept.now("com1", "surgard", end="0D")
    report = kept.apply()
    assert (report.counts["added"], report.counts["settled"]) == (2, 1)
    first, second = kept.records("7")[1:]
    assert (first["part"], second["part"]) == ([1, 2], [2, 2])
    assert bytes.fromhex(first["frame"]) == frames.contact_id("7777", "E130")[:-1] + b"\r"
    assert first["marks"] == ["redecoded", "not_acknowledged"]
    assert parked(kept.desk) == []


def test_garbled_bytes_without_a_whole_frame_stay_garbled(kept: Kept) -> None:
    kept.journal.write(Kind.GARBLED, b"noise", "com1", {"fault": "noise"})
    kept.journal.write(Kind.GARBLED, b"", "com1", {"fault": "noise", "count": 7})
    kept.take()
    assert counts(kept.apply()).keys() == {"entries"}
    assert parked(kept.desk)[0].count == 2


def test_a_frame_that_was_refused_for_what_it_is_stays_so(kept: Kept, frames: Any) -> None:
    kept.journal.frame(frames.dc09("1234", "NBA005"), note={"fault": "stale"})
    kept.take()
    kept.own()
    assert counts(kept.apply()).keys() == {"entries"}
    assert parked(kept.desk)[0].reason == "not_acknowledged"


def test_a_frame_that_no_key_opened_is_read_when_one_does(kept: Kept, frames: Any) -> None:
    # What matters here is that this fault alone is looked at again.
    kept.journal.frame(frames.dc09("1234", "NBA005"), note={"fault": "undecryptable"})
    kept.take()
    report = kept.apply()
    assert (report.counts["added"], report.counts["settled"]) == (1, 1)
    assert kept.records("4821")[1]["marks"] == ["redecoded", "not_acknowledged"]


# --- Options corrected ---


def test_options_of_then_are_what_counts_unless_those_of_now_are_asked_for(
    kept: Kept, frames: Any
) -> None:
    started = {"com1": {"receiver": "surgard", "group": "lines", "mode": "primary"}}
    kept.journal.start({"com1": {**started["com1"], "options": {"letters": "A=test"}}})
    kept.journal.frame(b"1011 1234 A1005\x14", "com1")
    kept.journal.start({"com1": {**started["com1"], "options": {}}})
    kept.take()
    assert "corrected" not in counts(look(kept.desk, Asked(), kept.tools))
    kept.now("com1", "surgard")
    kept.apply()
    correction = kept.records("unknown:lines:1234")[-1]
    assert (correction["before"]["class"], correction["class"]) == ("test", "alarm")
    assert correction["options"] == {}


LONG = b"5011 181234E13001004\x14"


def test_a_number_that_reads_differently_takes_the_signal_to_its_account(
    kept: Kept, roll: Any
) -> None:
    roll.account("7")
    roll.link("7", "lines", "11234")
    kept.journal.frame(LONG, "com1")
    kept.take()
    kept.now("com1", "surgard", long_accounts=True)
    report = kept.apply()
    assert (report.counts["corrected"], report.counts["added"]) == (1, 1)
    moved = kept.records("unknown:lines:1234")[-1]
    assert (moved["type"], moved["before"]["number"], moved["number"]) == (
        "correction",
        "1234",
        "11234",
    )
    new = kept.records("7")[1]
    assert new["from"] == {"acct": "unknown:lines:1234", "epoch": 1, "seq": 2}
    assert parked(kept.desk) == []
    assert counts(kept.apply()).keys() == {"entries", "signals"}


def test_a_number_that_reads_differently_and_is_nobodys_is_parked_as_it_reads_now(
    kept: Kept,
) -> None:
    kept.journal.frame(LONG, "com1")
    kept.take()
    kept.now("com1", "surgard", long_accounts=True)
    kept.apply()
    (place,) = parked(kept.desk)
    assert (place.number, place.count) == ("11234", 1)
    assert kept.records("unknown:lines:11234")[1]["from"]["acct"] == "unknown:lines:1234"
    assert counts(kept.apply()).keys() == {"entries", "signals"}


def test_a_signal_of_a_wrong_account_goes_to_the_right_one_without_naming_the_other(
    kept: Kept, roll: Any
) -> None:
    for acct, number in (("7", "1234"), ("8", "11234")):
        roll.account(acct)
        roll.link(acct, "lines", number)
    kept.journal.frame(LONG, "com1")
    kept.take()
    kept.now("com1", "surgard", long_accounts=True)
    kept.apply()
    assert [one["type"] for one in kept.records("7")] == ["open", "signal", "correction"]
    new = kept.records("8")[1]
    assert (new["type"], new["marks"]) == ("signal", ["redecoded"])
    assert "from" not in new


def test_an_event_that_the_frame_does_not_hold_is_withdrawn_and_one_it_holds_is_added(
    kept: Kept, frames: Any
) -> None:
    kept.journal.frame(frames.dc09("1234", "NBA005/FA006"))
    kept.take()
    tools = kept.tools
    one, both = frames.dc09("1234", "NBA005"), kept.journal.entries[-1].raw
    kept.tools = replace(tools, receivers={"dc09": reading_as(one)})
    report = kept.apply()
    assert (report.counts["withdrawn"], report.counts.get("corrected")) == (1, None)
    correction = kept.records("4821")[-1]
    assert (correction["withdrawn"], correction["corrects"]) == (True, 3)
    assert correction["before"]["code"] == "FA"
    assert [row.marks for row in history(kept.desk, "4821")] == ["", "corrected,withdrawn"]
    assert counts(kept.apply()).keys() == {"entries", "signals"}
    kept.tools = replace(tools, receivers={"dc09": reading_as(both)})
    assert counts(kept.apply())["corrected"] == 1
    assert [row.marks for row in history(kept.desk, "4821")] == ["", "corrected"]
    three = frames.dc09("1234", "NBA005/FA006/TA7")
    kept.tools = replace(tools, receivers={"dc09": reading_as(three)})
    assert counts(kept.apply())["added"] == 1
    assert kept.records("4821")[-1]["part"] == [3, 3]


def reading_as(raw: bytes) -> Any:
    """Return a receiver that reads every frame as ``raw``."""
    spec = RECEIVERS["dc09"]
    return replace(spec, decode=lambda _raw, *more: spec.decode(raw, *more))


def test_what_cannot_be_read_any_more_is_told_and_left(alarms: Kept) -> None:
    spec = replace(RECEIVERS["dc09"], decode=lambda *_: Undecoded("no key of today opens it"))
    alarms.tools = replace(alarms.tools, receivers={"dc09": spec})
    before = alarms.records("4821")
    report = alarms.apply()
    assert counts(report) == {"entries": 4, "signals": 3, "unreadable": 3}
    assert report.unreadable == {"no key of today opens it": 3}
    assert alarms.records("4821") == before


def test_links_that_changed_since_move_nothing(alarms: Kept, roll: Any) -> None:
    with alarms.desk.database.writing() as connection:
        connection.execute(sa.delete(schema.transmitter_links))
    roll.account("9")
    roll.link("9", "main", "1234")
    alarms.own()
    alarms.apply()
    assert alarms.records("9") == []
    assert [one["type"] for one in alarms.records("4821")[4:]] == ["correction"] * 2


# --- Cut short ---


def many(kept: Kept, frames: Any, count: int) -> None:
    for number in range(count):
        kept.journal.frame(frames.dc09("1234", "NBA005" if number % 3 else "NFA001", number + 1))
    kept.take()


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "_PAGE", 4)


@pytest.mark.usefixtures("small_pages")
def test_a_pass_that_was_cut_short_goes_on_where_it_was(kept: Kept, frames: Any) -> None:
    many(kept, frames, 20)
    kept.own()
    cut = kept.apply(most_pages=2)
    assert not cut.finished
    assert cut.counts["entries"] == 8
    told: list[int] = []
    whole = kept.apply(told=lambda report: told.append(report.counts["entries"]))
    assert whole.finished
    assert told[0] == 12
    assert whole.counts["entries"] == 21
    assert whole.counts["corrected"] == 13
    assert sum(one["type"] == "correction" for one in kept.records("4821")) == 13


@pytest.mark.usefixtures("small_pages")
def test_a_pass_over_accounts_goes_on_where_it_was(kept: Kept, frames: Any, roll: Any) -> None:
    roll.account("9")
    roll.link("9", "main", "77")
    many(kept, frames, 9)
    kept.journal.frame(frames.dc09("77", "NBA001"))
    kept.take()
    kept.own()
    asked = Asked(accounts=("4821", "9"))
    assert not kept.apply(asked, most_pages=3).finished
    whole = kept.apply(asked)
    assert (whole.counts["entries"], whole.counts["corrected"]) == (10, 7)


def test_other_tools_begin_anew(alarms: Kept) -> None:
    alarms.own()
    alarms.apply(most_pages=0)
    alarms.own(OWNED_AGAIN)
    assert isinstance(_refused(alarms), UnavailableError)
    alarms.desk.clock.advance(timedelta(minutes=11))  # type: ignore[attr-defined]
    assert counts(alarms.apply())["corrected"] == 2


def _refused(kept: Kept) -> Exception | None:
    try:
        kept.apply()
    except UnavailableError as error:
        return error
    return None


@pytest.mark.both_databases
def test_what_another_did_after_a_page_was_read_is_not_done_again(
    alarms: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarms.own()
    real, others = service._changes, [alarms.apply]

    def read_and_then_another(desk: Desk, page: service.Page) -> Any:
        found = real(desk, page)
        if others:
            others.pop()()
        return found

    monkeypatch.setattr(service, "_changes", read_and_then_another)
    assert "corrected" not in counts(alarms.apply())
    types = [one["type"] for one in alarms.records("4821")]
    assert types.count("correction") == 2


@pytest.mark.both_databases
def test_two_passes_do_not_work_at_once(alarms: Kept) -> None:
    desk = alarms.desk
    with desk.database.writing() as connection:
        length = timedelta(minutes=1)
        take_lease(connection, "redecode", "other", now=desk.clock.now(), length=length)
    with pytest.raises(UnavailableError, match="Another pass"):
        alarms.apply()


@pytest.mark.usefixtures("small_pages")
def test_how_far_a_pass_is_is_kept_where_nothing_changes(
    kept: Kept, frames: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(kept, frames, 20)
    monkeypatch.setattr(service, "_STORED_EVERY", 2)
    cursors: list[Any] = []

    def told(report: Report) -> None:
        with kept.desk.database.reading() as connection:
            (row,) = connection.execute(sa.select(schema.redecodings))
            cursors.append(row.cursor)

    kept.apply(told=told)
    assert [json.loads(one)[1] if one else None for one in cursors] == [None, 8, 8, 16, 16, 21]


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(cuts=st.lists(st.integers(0, 3), max_size=4))
def test_the_corrections_do_not_depend_on_where_a_pass_was_cut(
    cuts: list[int], migrated_file: Path, tmp_path_factory: pytest.TempPathFactory, frames: Any
) -> None:
    whole = _corrected(tmp_path_factory, migrated_file, frames, [])
    assert _corrected(tmp_path_factory, migrated_file, frames, cuts) == whole


def _corrected(
    factory: pytest.TempPathFactory, migrated_file: Path, frames: Any, cuts: list[int]
) -> list[Mapping[str, Any]]:
    clock = SetClock(datetime(2026, 3, 2, 15, 0, tzinfo=UTC))
    path = shutil.copyfile(migrated_file, factory.mktemp("cut") / "station.sqlite3")
    database = Database(f"sqlite:///{path}")
    desk = Desk(
        database=database,
        clock=clock,
        ids=CountedIds(),
        station="station-1",
        policies=PolicySettings(),
    )
    roll, journal = Roll(database), WrittenJournal(clock)
    roll.account("4821")
    roll.link("4821", "main", "1234")
    journal.start()
    kept = Kept(desk, journal)
    many(kept, frames, 14)
    kept.own()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service, "_PAGE", 4)
        for pages in cuts:
            kept.apply(most_pages=pages)
        kept.apply()
    found = kept.records("4821")
    database.close()
    return [{k: v for k, v in one.items() if k not in ("salt", "t")} for one in found]

"""What the doctor looks at."""

import os
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from archive.ceremony import make_keys, renew_list
from stationd.cli import symptoms
from stationd.cli.office import Office
from stationd.cli.symptoms import CHECKS, Outcome, examine
from stationd.clock import SetClock, SystemClock, iso
from stationd.db import server
from stationd.errors import MistakeError
from stationd.ids import SystemIds
from stationd.journal.model import Draft, Kind, encode_body
from stationd.journal.reader import JournalReader
from stationd.journal.released import Released, released_path, write_released
from stationd.journal.store import Journal
from stationd.keys.model import KeyUse, What
from stationd.keys.store import record_uses
from stationd.roster.service import publish
from stationd.settings import load
from stationd.supervision.wall_clock import ClockState, Reading
from tests.postgresql import PROGRAMS, SUPERUSER

CHECK = dict(CHECKS)
PASSED, WARNED, FAILED = Outcome.PASSED, Outcome.WARNED, Outcome.FAILED


@pytest.fixture
def look(config, tmp_path):
    """Make one check, after adding to the configuration."""

    def look(name, more="", clock=None):
        config.write_text(config.read_text() + more)
        environment = {"XDG_STATE_HOME": str(tmp_path)}
        office = Office(config, environment=environment, clock=clock)
        with closing(office):
            return examine(name, CHECK[name], office)

    return look


def outcomes(findings):
    return [finding.outcome for finding in findings]


@pytest.fixture
def key_settings(tmp_path, desk):
    made = make_keys(tmp_path / "keys", station="south", now=desk.clock.now(), serials=count(1))
    return f"""
        [keys]
        seal_key = "{made.seal_key}"
        seal_certificate = "{made.seal}"
        root = "{made.root}"
        log_key = "{made.log_key}"
        crls = ["{made.crl}"]
    """


def test_what_is_raised_on_purpose_is_a_failure():
    def broken(_office):
        raise MistakeError("look there")
        yield

    (finding,) = examine("x", broken, None)
    assert (finding.outcome, finding.text) == (FAILED, "look there")


def test_settings_that_leave_something_out_warn(look):
    assert outcomes(look("settings")) == [PASSED, WARNED, WARNED, WARNED]


@pytest.fixture
def on_server(config, station_url):
    """Put another address of the station database into the configuration."""
    return lambda url: config.write_text(config.read_text().replace(station_url, url))


def test_a_server_whose_record_nobody_changes_passes(look, on_server, programs_database, postgres):
    on_server(postgres.url(programs_database, PROGRAMS))
    careless, first, second = look("database")
    assert outcomes([careless, first, second]) == [WARNED, PASSED, PASSED]
    assert "fsync, full_page_writes off" in careless.text
    assert f"its role {PROGRAMS} may add to the record, and change nothing of it" in second.text


def test_programs_that_own_the_tables_are_warned_of(look, on_server, programs_database, postgres):
    on_server(postgres.url(programs_database, SUPERUSER))
    _, first, second = look("database")
    assert (first.outcome, second.outcome) == (PASSED, WARNED)
    assert "name their owner in database.owner" in second.text


@pytest.mark.parametrize(
    ("address", "helps"),
    [
        ("programs@/none?host={folder}", "no such database or user"),
        ("nobodyhere@/{name}?host={folder}", "no such database or user"),
        ("asked:wrong@/{name}?host={folder}", "does not take this user"),
        ("asked:the-right-one@/{name}?host={folder}", "lacks a right"),
        ("programs@127.0.0.1:1/{name}", "listens where database.url says"),
    ],
)
def test_a_server_that_does_not_serve_us_says_what_helps(
    look, on_server, programs_database, postgres, address, helps
):
    where = {"name": programs_database, "folder": postgres.folder}
    on_server(f"postgresql+psycopg://{address.format(**where)}")
    (finding,) = look("database")
    assert finding.outcome is FAILED
    assert helps in finding.text


def test_a_server_that_is_too_old_fails_and_is_looked_at_further(
    look, on_server, programs_database, postgres, monkeypatch
):
    monkeypatch.setattr(server, "OLDEST", 99)
    on_server(postgres.url(programs_database, PROGRAMS))
    found = look("database")
    assert outcomes(found) == [FAILED, WARNED, PASSED, PASSED]
    assert "is too old; install 99 or newer" in found[0].text


def test_keys_are_loaded(look, key_settings):
    assert outcomes(look("keys", key_settings)) == [PASSED] * 4


def test_the_log_key_is_compared_with_the_newest_checkpoint(look, key_settings, desk):
    assert outcomes(look("log key", key_settings)) == [PASSED]


def test_a_root_whose_list_of_revoked_certificates_is_nowhere_warns(look, key_settings):
    findings = look("keys", "\n".join(key_settings.splitlines()[:-2]))

    assert outcomes(findings) == [PASSED, PASSED, PASSED, WARNED]
    assert "stationctl keys crl" in findings[-1].text


@pytest.mark.parametrize(
    ("lasts", "at", "outcome"),
    [
        (timedelta(days=396), timedelta(days=300), PASSED),
        (timedelta(days=396), timedelta(days=380), WARNED),
        (timedelta(days=396), timedelta(days=400), WARNED),
        (timedelta(days=7), timedelta(days=6), PASSED),
        (timedelta(days=7), timedelta(days=8), WARNED),
    ],
)
def test_a_list_that_ends_soon_warns_and_a_short_one_when_it_has_ended(
    look, key_settings, monkeypatch, lasts, at, outcome
):
    monkeypatch.setattr("archive.revocation.CRL_LASTS", lasts)
    keys, now = Path(key_settings.rpartition('["')[2].partition('"')[0]).parent, SystemClock().now()
    renew_list(
        keys / "root.crl.pem", root_key=keys / "root.key.pem", root=keys / "root.pem", now=now
    )

    assert outcomes(look("keys", key_settings, clock=SetClock(now + at)))[-1] is outcome


def test_a_seal_that_ends_soon_warns(look, key_settings, desk):
    soon = SetClock(desk.clock.now() + timedelta(days=3 * 365 - 30))
    assert WARNED in outcomes(look("keys", key_settings, clock=soon))


def test_missing_keys_say_what_makes_them(look):
    (finding,) = look("keys")
    assert "stationctl keys init" in finding.text


def test_a_key_that_others_can_read_fails(look, key_settings, tmp_path):
    (tmp_path / "roster.key").chmod(0o644)
    assert outcomes(look("keys", key_settings))[2] is FAILED


def test_a_database_without_tables_fails(look):
    (finding,) = look("database")
    assert "stationctl migrate" in finding.text


def test_a_migrated_database_passes(look, desk):
    assert outcomes(look("database")) == [PASSED]


def test_without_staff_it_warns(look, desk):
    assert outcomes(look("staff")) == [WARNED, WARNED]


def test_administrator_and_manager_pass(look, staffed):
    assert outcomes(look("staff")) == [PASSED, PASSED]


def test_a_node_that_is_not_followed_is_told_where_nobody_can_be_overdue_for_it(
    look, received, desk
):
    with desk.database.writing() as connection:
        at = iso(desk.clock.now())
        connection.exec_driver_sql("UPDATE journals SET taken_at = ?", (at,))
    soon, late = (SetClock(desk.clock.now() + timedelta(minutes=one)) for one in (9, 11))
    assert outcomes(look("supervision", clock=soon)) == [PASSED]
    told = look("supervision", clock=late)
    assert outcomes(told) == [PASSED, WARNED]
    assert f"followed until {at}" in told[1].text


def test_the_links_of_the_journal_continue(look, received):
    (finding,) = look("journal")
    assert (finding.outcome, "3 links" in finding.text) == (PASSED, True)


def test_the_last_links_continue_too(look, received, monkeypatch):
    monkeypatch.setattr(symptoms, "_LAST_ENTRIES", 1)
    (finding,) = look("journal")
    assert finding.outcome is PASSED


def test_a_changed_entry_is_found(look, received, monkeypatch):
    read = JournalReader.read

    def changed(self, after, most):
        return [
            replace(one, raw=b"other") if one.position == 2 else one
            for one in read(self, after, most)
        ]

    monkeypatch.setattr(JournalReader, "read", changed)
    (finding,) = look("journal")
    assert (finding.outcome, "entry 2" in finding.text) == (FAILED, True)


def test_a_journal_that_was_exchanged_is_found(look, received, monkeypatch):
    monkeypatch.setattr(symptoms, "read_taken", lambda *_: (3, b"another link"))
    first, _ = look("journal")
    assert (first.outcome, "not the one that was taken" in first.text) == (FAILED, True)


def release(config, position):
    path = load(config).journal.path
    reader = JournalReader(path)
    (entry,) = reader.read(position - 1, 1)
    written = Released(journal=reader.id, position=position, link=entry.link)
    write_released(released_path(path), written)
    reader.close()


def later(**more):
    return SetClock(SystemClock().now() + timedelta(**more))


def test_what_waits_for_an_anchor_warns_once_that_is_late(look, received, config):
    assert outcomes(look("journal kept")) == [PASSED]
    late, said = look("journal kept", clock=later(days=2))
    assert (late.outcome, said.outcome) == (WARNED, PASSED)
    assert late.text.startswith("3 entries, the oldest of ")
    assert "never dropped before, however full the disk becomes; there is no table" in late.text
    release(config, 3)
    assert outcomes(look("journal kept", clock=later(days=2))) == [PASSED]
    (said,) = look("journal kept", clock=later(days=2))
    assert "an anchor in the archive covers all of them" in said.text


def test_what_an_archive_should_have_covered_says_where_to_read(look, received, config):
    archive = """
        [archive.store]
        kind = "directory"
        path = "/nowhere"
    """
    late, _ = look("journal kept", archive, clock=later(days=2))
    assert "docs/howto/anchors-late.md" in late.text


def test_what_may_go_and_stays_warns(look, received, config):
    release(config, 2)
    found = look("journal kept", clock=later(days=30, hours=23))
    assert [one.text for one in found if "still there" in one.text] == []
    found = look("journal kept", clock=later(days=31, hours=1))
    (told,) = [one for one in found if "still there" in one.text]
    assert told.outcome is WARNED


def test_without_a_journal_nothing_is_kept(look, desk):
    (finding,) = look("journal kept")
    assert (finding.outcome, finding.text) == (PASSED, "there is no journal yet")


def test_an_empty_journal_passes(look, desk, monkeypatch):
    monkeypatch.setattr(JournalReader, "id", "a" * 32)
    monkeypatch.setattr(JournalReader, "read", lambda *_: [])
    assert outcomes(look("journal")) == [PASSED]


def test_the_roster_is_compared(look, opened, desk, config, tmp_path):
    assert outcomes(look("roster")) == [WARNED]
    path = tmp_path / "roster.json"
    publish(desk, path, Office(config).sealer())
    assert outcomes(look("roster")) == [PASSED]
    path.write_text('{"version":1,"accounts":[]}')
    assert "behind" in look("roster")[0].text


@pytest.mark.parametrize(
    ("reading", "outcome"),
    [
        (Reading(ClockState.SYNCED, 1000), PASSED),
        (Reading(ClockState.SYNCED, -600_000_000), WARNED),
        (Reading(ClockState.UNSYNCED, 0), WARNED),
        (Reading(ClockState.UNKNOWN, 0), WARNED),
    ],
    ids=str,
)
def test_the_clock_should_be_synchronised(look, monkeypatch, reading, outcome):
    monkeypatch.setattr(symptoms, "read_kernel_clock", lambda: reading)
    assert outcomes(look("clock")) == [outcome]


def test_a_folder_is_no_archive(look, tmp_path):
    assert outcomes(look("archive")) == [WARNED]
    store = f'[archive.store]\nkind = "directory"\npath = "{tmp_path}/store"\n'
    (finding,) = look("archive", store)
    assert (finding.outcome, "no locks" in finding.text) == (WARNED, True)


def test_a_bucket_with_locks_passes(look, s3_server, tmp_path):
    credentials = tmp_path / "s3"
    credentials.write_text(f"{s3_server.writer.access_key}\n{s3_server.writer.secret_key}\n")
    store = f"""
        [archive.store]
        kind = "s3"
        bucket = "{s3_server.bucket}"
        endpoint = "{s3_server.endpoint}"
        addressing = "path"
        credentials = "{credentials}"
    """
    assert outcomes(look("archive", store)) == [PASSED]


def test_an_authority_stamps_a_test(look, authority_server, tmp_path):
    assert outcomes(look("authority")) == [WARNED]
    trust = tmp_path / "tsa.pem"
    trust.write_bytes(authority_server.trust_pem)
    more = f'[[authorities]]\nname = "trial"\nurl = "{authority_server.url}"\ntrust = "{trust}"\n'
    assert outcomes(look("authority", more)) == [PASSED, WARNED]
    away = f'[[authorities]]\nname = "away"\nurl = "http://127.0.0.1:1/"\ntrust = "{trust}"\n'
    assert outcomes(look("authority", away)) == [PASSED, FAILED]


def test_an_authority_without_certificates_is_told(look):
    more = '[[authorities]]\nname = "t"\nurl = "http://127.0.0.1:1/"\ntrust = "/none.pem"\n'
    assert "/none.pem" in look("authority", more)[0].text


def listener(name, device):
    return (
        f'[[listeners]]\nkind = "serial"\nname = "{name}"\nreceiver = "surgard"\n'
        f'device = "{device}"\n'
    )


@pytest.mark.parametrize(("page", "outcome"), [(b"<!doctype html>", PASSED), (None, WARNED)])
def test_a_page_that_was_not_built_is_told(look, monkeypatch, page, outcome):
    monkeypatch.setattr(symptoms, "read_page", lambda: page)
    assert outcomes(look("page")) == [outcome]


def test_devices_are_looked_for(look, monkeypatch):
    more = listener("com1", "/dev/null") + listener("com2", "/dev/none")
    more += '[[listeners]]\nkind = "tcp"\nname = "ip"\nreceiver = "dc09"\nport = 0\n'
    assert outcomes(look("devices", more)) == [PASSED, FAILED]
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert outcomes(look("devices")) == [WARNED, FAILED]


@pytest.mark.parametrize(("days", "outcome"), [(90, [PASSED]), (5, [PASSED, WARNED])])
def test_a_listeners_certificate_that_ends_soon_warns(look, tls_authority, days, outcome):
    certificate, key = tls_authority.issue("panels", days=days)
    more = '[[listeners]]\nkind = "tcp"\nname = "ip"\nreceiver = "dc09"\nport = 0\n'
    more += f'[listeners.tls]\ncertificate = "{certificate}"\nkey = "{key}"\n'
    assert outcomes(look("certificates", more, clock=SystemClock())) == outcome


def test_a_listener_without_its_certificate_fails(look):
    more = '[[listeners]]\nkind = "tcp"\nname = "ip"\nreceiver = "dc09"\nport = 0\n'
    more += 'tls = { certificate = "/none.pem", key = "/none.pem" }\n'
    (finding,) = look("certificates", more + listener("com1", "/dev/null"))
    assert (finding.outcome, finding.text) == (FAILED, "/none.pem: No such file or directory")


def test_without_a_journal_nobody_tells_who_was_turned_away(look, desk):
    assert outcomes(look("strangers")) == [WARNED]


@pytest.fixture
def turned_away(desk, tmp_path):
    """Write what a listener counts, at a time."""

    def write(received_at):
        journal = Journal.open(tmp_path / "journal.sqlite3", SystemIds())
        notes = [b'{"count":7,"fault":"not_admitted"}', b'{"fault":"noise"}']
        for number, note in enumerate(notes):
            draft = Draft(
                received_at=received_at,
                ticks=0,
                listener="ip",
                peer="192.0.2.0/24",
                kind=Kind.GARBLED,
                raw=b"",
                note=note,
                salt=bytes([number]) * 16,
            )
            journal.append([encode_body(draft)])
        journal.close()

    return write


@pytest.mark.parametrize(
    ("hours", "text"),
    [
        (1, "ip: 7 times not_admitted of 192.0.2.0/24 in a day, counted and not kept"),
        (25, "nobody was turned away or limited, as far as the last entries say"),
    ],
)
def test_who_was_turned_away_is_told(look, turned_away, hours, text):
    clock = SetClock(datetime(2026, 3, 1, tzinfo=UTC))
    turned_away(clock.now_ns() - hours * 3600 * 10**9)
    (finding,) = look("strangers", clock=clock)
    assert finding.text == text


@pytest.mark.parametrize(("free", "outcome"), [(50, PASSED), (9, WARNED)])
def test_a_disk_that_runs_full_warns(look, monkeypatch, free, outcome):
    usage = type("Usage", (), {"free": free, "total": 100})
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    assert outcomes(look("disk")) == [outcome]


@pytest.mark.parametrize(
    ("what", "outcome"),
    [(None, Outcome.PASSED), (What.CLEAR, Outcome.PASSED), (What.OLD_KEY, Outcome.WARNED)],
)
def test_panels_that_use_a_wrong_key_are_told_of(desk, look, what, outcome):
    at = iso(desk.clock.now())
    if what is not None:
        use = KeyUse(group="main", number="1", what=what, key="", count=1, first_at=at, last_at=at)
        with desk.database.writing() as connection:
            record_uses(connection, [use])
    assert outcomes(look("panel keys")) == [outcome]


def test_every_check_has_its_name_once():
    names = [name for name, _ in CHECKS]
    assert len({*names}) == len(names)
    assert Path(symptoms.__file__).exists()

"""From settings to the parts of the archive."""

import subprocess
import sys
from datetime import timedelta
from itertools import count

import pytest

from archive.ceremony import make_keys
from archive.errors import KeyFileError
from archive.stores.directory import DirectoryStore
from archive.stores.s3 import S3Store
from stationd import parts, settings
from stationd.clock import SystemClock
from stationd.desk import open_desk
from stationd.errors import SettingsError
from stationd.ids import SystemIds
from stationd.sealing import new_sealing_key

BASE = '[station]\nstation = "s"\nnode = "n"\n[ledger]\norigin = "log.example.com/s"\n'
S3 = '[archive.store]\nkind = "s3"\nbucket = "bundles"\nendpoint = "http://127.0.0.1:1"\n'


def given(*more):
    return settings.parse(BASE + "\n".join(more), "stationd.toml")


def test_a_folder_becomes_a_store_without_locks(tmp_path):
    made = parts.bundle_store(given(f'[archive.store]\nkind = "directory"\npath = "{tmp_path}"'))
    assert isinstance(made, DirectoryStore)
    assert not made.locked


def test_a_bucket_becomes_a_store_with_locks(tmp_path):
    path = tmp_path / "credentials"
    path.write_text("AKIA\nsecret\n")
    made = parts.bundle_store(given(S3, f'credentials = "{path}"'))
    assert isinstance(made, S3Store)
    assert made.locked
    assert "bundles" in made.name


def test_without_credentials_the_machines_own_role_counts():
    assert parts._credentials(None) == (None, None)


@pytest.mark.parametrize(
    ("content", "words"), [(None, "No such file"), ("one", "two lines"), ("ä\nb", "not plain")]
)
def test_credentials_are_an_id_and_a_secret(tmp_path, content, words):
    path = tmp_path / "credentials"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match=words):
        parts.bundle_store(given(S3, f'credentials = "{path}"'))


@pytest.mark.parametrize(
    "make", [parts.bundle_store, lambda found: parts.authority(found, SystemIds())]
)
def test_what_the_settings_leave_out_cannot_be_made(make):
    with pytest.raises(SettingsError, match="There is no"):
        make(given())


TABLE = '[[authorities]]\nname = "{}"\nurl = "http://127.0.0.1:1/"\ntrust = "{}"\n'


def test_every_authority_is_asked_and_trusted(tmp_path):
    for name in ("one", "two", "old"):
        (tmp_path / name).write_bytes(name.encode())
    found = given(
        TABLE.format("one", tmp_path / "one"),
        TABLE.format("two", tmp_path / "two"),
        TABLE.format("old", tmp_path / "old") + "ask = false",
    )
    assert [one.name for one in parts.authorities(found, SystemIds())] == ["one", "two"]
    made = parts.authority(found, SystemIds())
    assert (made.name, made.trust_pem) == ("one, two", b"one\ntwo\nold\n")


def test_an_authority_that_is_no_longer_asked_is_nobody_to_ask(tmp_path):
    found = given(TABLE.format("old", tmp_path) + "ask = false")
    with pytest.raises(SettingsError, match="nobody can stamp"):
        parts.authorities(found, SystemIds())


def test_anchors_are_worked_on_with_what_the_settings_say(tmp_path):
    (tmp_path / "one").write_bytes(b"certificates")
    found = given(
        f'[archive]\nretention = "1d"\nsealed = "{tmp_path}/sealed"',
        f'[archive.store]\nkind = "directory"\npath = "{tmp_path}/store"',
        TABLE.format("one", tmp_path / "one"),
    )
    desk = open_desk(found, clock=SystemClock(), ids=SystemIds())
    made = parts.anchorage(found, desk)
    assert (made.retention, made.holder) == (timedelta(days=1), "n")
    desk.database.close()


def test_the_ledger_is_audited_with_the_log_key(tmp_path):
    made = make_keys(tmp_path, station="s", now=SystemClock().now(), serials=count(1))
    found = given(
        f'[keys]\nlog_key = "{made.log_key}"\n[archive]\nsealed = "{tmp_path}/sealed"',
        f'[archive.store]\nkind = "directory"\npath = "{tmp_path}/store"',
    )
    desk = open_desk(found, clock=SystemClock(), ids=SystemIds())
    made = parts.auditor(found, desk)
    assert (made.origin, len(made.public)) == ("log.example.com/s", 32)
    desk.database.close()


def test_states_of_anchors_need_an_archive():
    with pytest.raises(SettingsError, match="There is no table"):
        parts.states(given())


def test_an_authority_needs_its_certificates():
    table = '[[authorities]]\nname = "one"\nurl = "http://127.0.0.1:1/"\ntrust = "/none.pem"\n'
    with pytest.raises(KeyFileError, match=r"/none\.pem"):
        parts.authority(given(table), SystemIds())


def test_keys_are_loaded_from_where_the_settings_say(tmp_path):
    made = make_keys(tmp_path, station="s", now=SystemClock().now(), serials=count(1))
    (tmp_path / "roster.key").write_bytes(new_sealing_key())
    found = given(
        "[keys]",
        f'seal_key = "{made.seal_key}"\nseal_certificate = "{made.seal}"',
        f'root = "{made.root}"\nlog_key = "{made.log_key}"',
        f'[roster]\nkey = "{tmp_path}/roster.key"',
    )
    assert parts.seal(found).fingerprint == made.fingerprints["seal.pem"]
    assert parts.seal(found).revocation.pem == b""
    assert parts.log_key(found).fingerprint == made.fingerprints["log.pub.pem"]
    assert parts.sealer(found).open(parts.sealer(found).seal(b"x")) == b"x"


def test_lists_of_revoked_certificates_are_ours_and_those_of_authorities_that_are_asked(tmp_path):
    one, two = (
        make_keys(tmp_path / name, station="s", now=SystemClock().now(), serials=count(1))
        for name in ("one", "two")
    )
    found = given(
        f'[keys]\ncrls = ["{one.crl}"]',
        f'responder_key = "{one.ocsp_key}"\nresponder_certificate = "{one.ocsp}"',
        f'{TABLE.format("tsa", one.root)}crls = ["{two.crl}", "{one.crl}"]',
        f'{TABLE.format("old", one.root)}ask = false\ncrls = ["/none"]',
    )
    known = parts.revocation(found)
    assert known.pem == one.crl.read_bytes() + two.crl.read_bytes()
    assert known.responder_pem == one.ocsp.read_bytes()


def test_a_station_without_a_file_has_no_own_codes():
    assert parts.own_codes(given()).codes == {}


def test_what_signs_draws_or_reaches_a_network_is_loaded_when_it_is_asked_for():
    code = (
        "import sys, stationd.worker\n"
        "print(sorted({'boto3', 'pyhanko', 'reportlab', 'urllib3'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "[]\n"


def test_own_codes_are_read_from_the_file_that_the_settings_name(tmp_path):
    path = tmp_path / "codes.toml"
    path.write_text(
        'name = "s"\n[[codes]]\nformat = "sia"\ncode = "OG"\nclass = "opening"\nname = "armed"\n'
    )
    assert parts.own_codes(given(f'[codes]\nfile = "{path}"')).version.startswith("own:s:")


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"name = 3", "1 to 32 letters"), (b"\xff", "not UTF-8"), (None, "No such file")],
)
def test_a_file_of_own_codes_that_is_wrong_is_refused(tmp_path, content, said):
    path = tmp_path / "codes.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError, match=said):
        parts.own_codes(given(f'[codes]\nfile = "{path}"'))


def test_readers_of_compartments_are_read_from_their_files(tmp_path):
    (tmp_path / "counsel.pem").write_bytes(b"pem")
    made = given(
        S3.replace(
            "[archive.store]",
            f'[archive]\nprivileged_to = ["{tmp_path}/counsel.pem"]\n[archive.store]',
        )
    )
    assert parts.readers(made) == {"privileged": [b"pem"]}
    assert parts.readers(given()) == {}


def test_every_reader_that_is_missing_is_told(tmp_path):
    made = given(
        S3.replace(
            "[archive.store]", '[archive]\ninternal_to = ["/no/a", "/no/b"]\n[archive.store]'
        )
    )
    with pytest.raises(SettingsError, match=r"(?s)archive\.internal_to: /no/a: No such .*/no/b"):
        parts.readers(made)

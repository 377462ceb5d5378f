import csv
import io
import socket
from pathlib import Path

from stationd.demo.layout import ACCOUNT, Layout, accounts_csv, config, free_ports
from stationd.settings import parse
from stationd.simulate.sites import SITES, Plot


def _layout(folder: Path) -> Layout:
    layout = Layout(folder=folder)
    layout.make()
    return layout


def _settings(layout: Layout):
    text = config(
        layout,
        free_ports(),
        s3_endpoint="http://127.0.0.1:1",
        bucket="worm",
        tsa_url="http://127.0.0.1:2/",
    )
    return parse(text, "stationd.toml")


def test_the_configuration_of_the_trial_is_one_the_programs_accept(tmp_path):
    settings = _settings(_layout(tmp_path))

    assert {one.kind for one in settings.listeners} == {"serial", "tcp_client", "tcp", "udp"}
    assert settings.archive is not None
    assert settings.archive.store.kind == "s3"


def test_a_folder_with_quotes_and_spaces_in_its_name_is_written_as_it_is(tmp_path):
    layout = _layout(tmp_path / 'a "trial" of ours')

    assert _settings(layout).journal.path == layout.journal
    assert _settings(layout).database.url == f"sqlite:///{layout.folder}/worker/station.sqlite3"


def test_every_file_of_the_trial_lies_below_its_folder(tmp_path):
    layout = _layout(tmp_path)
    paths = [layout.config, layout.keys, layout.pty, layout.logs, layout.journal, layout.papers]

    assert all(tmp_path in path.parents for path in (*paths, layout.tsa, layout.unpacked))
    assert layout.result == tmp_path / "result.json"


def test_the_ports_are_free_and_apart():
    ports = free_ports()

    assert ports.surgard != ports.dc09_tcp
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", ports.dc09_udp))


def test_the_accounts_are_those_that_the_station_knows():
    rows = list(csv.DictReader(io.StringIO(accounts_csv())))
    unknown = {site.number for site in SITES if site.plot is Plot.UNKNOWN}

    assert ACCOUNT in {row["account"] for row in rows}
    assert unknown
    assert not unknown & {row["account"] for row in rows}


def test_the_keys_of_panels_that_encrypt_are_imported_with_them():
    rows = {row["number"]: row["key hex"] for row in csv.DictReader(io.StringIO(accounts_csv()))}
    keyed = {site.number: site.key.hex() for site in SITES if site.key is not None}

    assert {number: key for number, key in rows.items() if key} == keyed

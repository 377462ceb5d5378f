"""What the settings take, refuse, and say about it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from receivers.registry import RECEIVERS
from stationd import listeners, settings
from stationd.errors import SettingsError

LEAST = """
[station]
station = "s-1"
node = "n-1"
[ledger]
origin = "log.example.com/s-1"
"""


def listener(**fields):
    given = {"kind": '"tcp"', "name": '"panels"', "receiver": '"dc09"', "port": "12000"} | fields
    lines = [f"{name} = {value}" for name, value in given.items() if value is not None]
    return "[[listeners]]\n" + "\n".join(lines) + "\n"


def problems(text):
    with pytest.raises(SettingsError) as caught:
        settings.parse(text, "stationd.toml")
    return list(caught.value.problems)


def test_only_the_names_of_station_node_and_log_have_no_default():
    loaded = settings.parse(LEAST, "stationd.toml")
    assert loaded.station.node == "n-1"
    assert loaded.archive is None
    assert loaded.listeners == ()
    assert [problem.split(":")[0] for problem in problems("")] == ["station", "ledger"]


def test_every_fault_is_reported_at_once_with_its_place():
    text = (
        LEAST.replace('node = "n-1"', 'node = "n 1"\nnick = "x"')
        + "[journal]\nkeep = 30\n"
        + listener(port=None, prot="1")
        + listener(name='"panels"', receiver='"pigeon"')
        + listener(kind='"serial"', port=None, device='"/dev/ttyS0"', baud="1", name='"line"')
    )
    assert [problem.split(": ")[0] for problem in problems(text)] == [
        "station.node",
        "station.nick",
        "journal.keep",
        "listeners.0.tcp.port",
        "listeners.0.tcp.prot",
        "listeners.1.tcp.receiver",
        "listeners.2.serial.baud",
        "listeners.1.name",
    ]


def test_the_message_is_a_list_for_a_person():
    with pytest.raises(SettingsError) as caught:
        settings.parse(LEAST + "[worker]\nfolow_every = '1s'\n", "stationd.toml")
    assert str(caught.value) == (
        "stationd.toml:\n  worker.folow_every: Extra inputs are not permitted"
    )


@pytest.mark.parametrize("table", ["station", "journal", "roster", "database", "ledger", "keys"])
def test_a_key_that_is_not_known_is_refused_in_every_table(table):
    text = LEAST if f"[{table}]" in LEAST else LEAST + f"[{table}]\n"
    (problem,) = problems(text.replace(f"[{table}]\n", f"[{table}]\ncolour = 'red'\n"))
    assert problem.startswith(f"{table}.colour: Extra inputs")


def test_a_table_that_is_not_known_is_refused():
    (problem,) = problems(LEAST + "[weather]\n")
    assert problem.startswith("weather: Extra inputs")


def test_an_unknown_receiver_is_refused_with_the_known_ones():
    (problem,) = problems(LEAST + listener(receiver='"pigeon"'))
    assert problem.startswith("listeners.0.tcp.receiver: pigeon is no receiver; known are: ")
    assert all(name in problem for name in RECEIVERS)


def test_a_transport_the_receiver_does_not_have_is_refused(monkeypatch):
    only_serial = replace(RECEIVERS["surgard"], transports=frozenset({"serial"}))
    monkeypatch.setattr(listeners, "RECEIVERS", {"surgard": only_serial})
    assert problems(LEAST + listener(kind='"udp"', receiver='"surgard"')) == [
        "listeners.0.udp.receiver: surgard does not come over udp, but over serial"
    ]


@pytest.mark.parametrize("receiver", sorted(RECEIVERS))
def test_every_receiver_takes_the_defaults_of_its_options_and_refuses_others(receiver):
    spec = RECEIVERS[receiver]
    for name, option in spec.options.items():
        listeners._check_option(receiver, name, option.default)
        with pytest.raises(ValueError, match=f"option {name} of {receiver} must be"):
            listeners._check_option(receiver, name, 3.5)
    with pytest.raises(ValueError, match=f"{receiver} has no option colour; it has:"):
        listeners._check_option(receiver, "colour", "red")


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("end", "0G", "option end of raw cannot be '0G': What ends a frame, in hexadecimal"),
        ("answer", "06,", "option answer of raw cannot be"),
        ("gap_ms", 5, "option gap_ms of raw must be from 20 to 60000"),
        ("limit", 10**9, "option limit of raw must be from 16 to 65536"),
    ],
)
def test_an_option_beyond_its_pattern_or_bounds_is_refused(name, value, problem):
    with pytest.raises(ValueError, match=problem):
        listeners._check_option("raw", name, value)


@pytest.mark.parametrize(
    ("name", "value"), [("end", ""), ("end", "0d0A"), ("answer", "echo"), ("gap_ms", 20)]
)
def test_an_option_within_its_pattern_and_bounds_is_taken(name, value):
    listeners._check_option("raw", name, value)


def test_an_option_the_receiver_does_not_have_is_refused():
    (problem,) = problems(LEAST + listener(options="{ colour = 'red' }"))
    assert problem.startswith("listeners.0.tcp.options: dc09 has no option colour; it has:")


def test_a_wrong_receiver_does_not_complain_of_its_options_too():
    (problem,) = problems(LEAST + listener(receiver='"pigeon"', options="{ colour = 'red' }"))
    assert problem.startswith("listeners.0.tcp.receiver")


def test_no_two_listeners_have_one_name():
    (problem,) = problems(LEAST + listener() + listener(kind='"udp"'))
    assert problem == "listeners.1.name: another listener is named panels"


@pytest.mark.parametrize(
    "text", ["listeners = 3\n" + LEAST, "listeners = [1]\n" + LEAST], ids=["number", "list"]
)
def test_listeners_that_are_no_tables_are_a_fault_like_any_other(text):
    assert problems(text)[0].startswith("listeners")


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("30s", timedelta(seconds=30)),
        ("5m", timedelta(minutes=5)),
        ("24h", timedelta(days=1)),
        ("30d", timedelta(days=30)),
        ("10y", timedelta(days=3650)),
        ("0s", timedelta(0)),
    ],
)
def test_a_period_is_a_number_and_a_unit(text, period):
    loaded = settings.parse(LEAST + f'[journal]\nkeep = "{text}"\n', "stationd.toml")
    assert loaded.journal.keep == period


@pytest.mark.parametrize("value", ['"30"', '"1.5h"', '"-3s"', '"3 s"', '""', "30", "true"])
def test_anything_else_is_no_period(value):
    (problem,) = problems(LEAST + f"[journal]\nkeep = {value}\n")
    assert problem == "journal.keep: A period is a whole number and a unit: 30s, 5m, 24h, 30d, 10y"


def test_what_is_not_toml_is_named_with_its_place():
    (problem,) = problems("[station\n")
    assert "line 1" in problem


def test_the_settings_cannot_be_changed():
    loaded = settings.parse(LEAST, "stationd.toml")
    with pytest.raises(ValueError, match="frozen"):
        loaded.station.node = "other"


def test_a_file_is_loaded(tmp_path):
    path = tmp_path / "stationd.toml"
    path.write_text(LEAST, encoding="utf-8")
    assert settings.load(path).station.station == "s-1"


def test_a_missing_file_says_how_to_name_another(tmp_path):
    with pytest.raises(SettingsError, match="No such file or directory; name the file with"):
        settings.load(tmp_path / "stationd.toml")


def test_a_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "stationd.toml"
    path.write_bytes(b"# caf\xe9\n")
    with pytest.raises(SettingsError, match="not UTF-8 at byte 5"):
        settings.load(path)


@pytest.mark.parametrize(
    ("name", "environment", "path"),
    [
        ("seal.pem", {"CREDENTIALS_DIRECTORY": "/run/credentials"}, "/run/credentials/seal.pem"),
        ("seal.pem", {}, "seal.pem"),
        ("/etc/seal.pem", {"CREDENTIALS_DIRECTORY": "/run/credentials"}, "/etc/seal.pem"),
    ],
)
def test_a_secret_is_a_path_or_the_name_of_a_credential(name, environment, path):
    assert settings.secret(name, environment) == Path(path)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////var/lib/stationd-worker/station.sqlite3",
        "sqlite:///station.sqlite3",
        "postgresql+psycopg://worker@db.example.com:5432/stationd",
        "postgresql+psycopg://worker:secret@[2001:db8::1]/stationd?sslmode=verify-full",
        "postgresql+psycopg:///stationd?host=/run/postgresql",
    ],
)
def test_an_address_of_a_database_is_taken(url: str) -> None:
    assert settings.DatabaseSettings(url=url).url == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "station.sqlite3",
        "sqlite://",
        "sqlite:///",
        "postgres://worker@db/stationd",
        "postgresql://worker@db/stationd",
        "postgresql+psycopg://worker@db:port/stationd",
        "postgresql+psycopg://worker@db",
        "mysql://db/stationd",
    ],
)
def test_another_address_is_a_fault_with_its_place(url: str) -> None:
    text = (
        '[station]\nstation = "s"\nnode = "n"\n[ledger]\norigin = "log.example.com/s"\n'
        f'[database]\nurl = "{url}"\n'
    )
    with pytest.raises(SettingsError, match=r"database\.url: must be sqlite:///"):
        settings.parse(text, "stationd.toml")


_SERVER = "postgresql+psycopg://{}db/stationd"


@pytest.mark.parametrize(
    ("url", "owner", "role", "programs"),
    [
        ("w@", "o@", "", "w"),
        ("w:secret@", "o@", "", "w"),
        ("w%40south@", "o@", "", "w@south"),
        ("w@", "o@", "all", "all"),
        ("", "o@", "all", "all"),
        ("o@", None, "w", "w"),
        ("w@", None, "", ""),
    ],
)
def test_the_programs_role_is_named_or_the_user_of_the_address(
    url: str, owner: str | None, role: str, programs: str
) -> None:
    made = settings.DatabaseSettings(
        url=_SERVER.format(url),
        owner="" if owner is None else _SERVER.format(owner),
        role=role,
    )
    assert made.programs_role == programs


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"owner": "sqlite:///other"}, "must be postgresql"),
        ({"owner": "o@db"}, "must be postgresql"),
        ({"owner": _SERVER.format("o@")}, "SQLite has no roles"),
        ({"role": "w"}, "SQLite has no roles"),
        ({"url": _SERVER.format(""), "owner": _SERVER.format("o@")}, "url names no user"),
        ({"url": _SERVER.format("o@"), "owner": _SERVER.format("o@")}, "another than the owner"),
        ({"url": _SERVER.format("o@"), "role": "o"}, "another than the owner"),
    ],
)
def test_roles_that_would_protect_nothing_are_a_fault(more: dict[str, str], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        settings.DatabaseSettings(**more)


def test_a_receivers_zone_is_one_of_the_zone_table():
    listener = (
        '[[listeners]]\nname = "a"\nkind = "tcp"\nreceiver = "sk9000"\nport = 1\nzone = "{}"\n'
    )
    base = '[station]\nstation = "s"\nnode = "n"\n[ledger]\norigin = "log.example.com/s"\n'
    good = settings.parse(base + listener.format("America/Denver"), "stationd.toml")
    assert good.listeners[0].zone == "America/Denver"
    with pytest.raises(SettingsError, match=r"listeners.0.tcp.zone: Mars/Base is no time zone"):
        settings.parse(base + listener.format("Mars/Base"), "stationd.toml")

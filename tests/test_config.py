"""The configuration file that is shipped: complete, loadable, and honest about its defaults."""

import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from stationd import settings

FILE = Path(__file__).parent.parent / "config" / "stationd.toml"
TEXT = FILE.read_text(encoding="utf-8")


def uncommented(text):
    """Return the file with every setting that is off switched on."""
    return re.sub(r"^#(?=[a-z\[])", "", text, flags=re.MULTILINE)


def every_table(model=settings.Settings, seen=None):
    """Yield each table of the settings, by following the annotations."""
    seen = set() if seen is None else seen
    if isinstance(model, type) and issubclass(model, BaseModel) and model not in seen:
        seen.add(model)
        if model is not settings.Settings:
            yield model
        for field in model.model_fields.values():
            yield from every_table(field.annotation, seen)
    for part in get_args(model):
        yield from every_table(part, seen)


TABLES = sorted(every_table(), key=lambda table: table.__name__)


def test_the_file_loads_as_it_is_shipped():
    loaded = settings.load(FILE)
    assert [listener.name for listener in loaded.listeners] == ["panels-tcp"]


def parts():
    """Split the file at its second store, since a file has one; switch everything on."""
    text = uncommented(TEXT)
    start, end = text.index('[archive.store]\nkind = "directory"'), text.index("# Time-stamp")
    return text[:start] + text[end:], text[start:end]


def test_everything_that_is_switched_off_would_load():
    main, _ = parts()
    loaded = settings.parse(main, "everything")
    assert {listener.kind for listener in loaded.listeners} == {
        "tcp",
        "udp",
        "serial",
        "tcp_client",
        "relay",
    }
    assert loaded.authorities[0].name == "tsa-1"
    assert loaded.archive.store.credentials == "s3-credentials"


def test_the_other_store_would_load():
    main, directory = parts()
    start, end = main.index('[archive.store]\nkind = "s3"'), main.index("# Time-stamp")
    loaded = settings.parse(main[:start] + directory + main[end:], "directory")
    assert loaded.archive.store.kind == "directory"


@pytest.mark.parametrize("name", sorted({name for table in TABLES for name in table.model_fields}))
def test_each_setting_of_the_model_stands_in_the_file(name):
    assert re.search(rf"^#?{name} = |^#?\[+.*{name}\]+$", TEXT, re.MULTILINE)


@pytest.mark.parametrize("name", sorted(settings.Settings.model_fields))
def test_each_table_of_the_model_stands_in_the_file(name):
    assert re.search(rf"^#?\[+{name}\]+$", TEXT, re.MULTILINE)


@pytest.mark.parametrize(
    "name",
    ["journal", "roster", "database", "keys", "policies", "worker"],
)
def test_what_is_written_is_the_default(name):
    loaded = settings.load(FILE)
    assert getattr(loaded, name) == settings.Settings.model_fields[name].default


def same(given, field):
    return given == field.default or field.is_required()


def test_the_defaults_of_listeners_and_store_are_written_too():
    loaded = settings.parse(parts()[0], "everything")
    shown = {"mode", "address", "max_connections", "baud", "parity", "data_bits", "stop_bits"}
    shown |= {"reopen_every", "most_wait", "udp", "unknown_panels", "unknown_per_network"}
    shown |= {"unknown_in_all", "max_per_network", "idle_after"}
    for listener in loaded.listeners:
        for name in shown & set(type(listener).model_fields):
            assert same(getattr(listener, name), type(listener).model_fields[name]), name
    store = loaded.archive.store
    for name in ("region", "addressing", "connect_timeout", "read_timeout", "attempts"):
        assert same(getattr(store, name), type(store).model_fields[name]), name


@pytest.mark.parametrize(
    ("table", "name"),
    [(table, name) for table in TABLES for name in table.model_fields if name != "kind"],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_each_setting_says_what_it_is_for(table, name):
    field = table.model_fields[name]
    described = field.description or (
        isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    )
    assert described or get_args(field.annotation), f"{table.__name__}.{name}"


def test_no_secret_is_written_in_the_file():
    def values(table):
        for value in table.values() if isinstance(table, dict) else table:
            if isinstance(value, (dict, list)):
                yield from values(value)
            else:
                yield value

    assert not [
        value
        for value in values(tomllib.loads(uncommented(parts()[0])))
        if isinstance(value, str) and re.search(r"-----BEGIN|^[A-Za-z0-9+=_-]{40,}$", value)
    ]

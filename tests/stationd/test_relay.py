"""The relay is composed of its line's table alone; tests/system/test_relay.py runs it."""

from pathlib import Path

import pytest

from stationd import relay
from stationd.errors import SettingsError
from stationd.ids import CountedIds
from stationd.net.notify import Notifier
from stationd.settings import load_relay

TCP = """
[[listeners]]
kind = "relay"
name = "line"
receiver = "surgard"
socket = "{folder}/line.socket"
[listeners.between]
kind = "tcp"
port = 0
host = "127.0.0.1"
host_port = 1
"""
SERIAL = """
[[listeners]]
kind = "relay"
name = "line"
receiver = "surgard"
mode = "{mode}"
socket = "line.socket"
[listeners.between]
kind = "serial"
receiver_device = "/dev/rx"
automation_device = "/dev/auto"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "stationd.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_fault_elsewhere_in_the_file_does_not_keep_a_line_down(tmp_path: Path) -> None:
    path = written(tmp_path, "[station]\nwrong = 1\n" + TCP.format(folder=tmp_path))
    assert load_relay(path, "line").between.kind == "tcp"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", 'no listener of kind "relay" is named line'),
        ("listeners = 3", "no listener"),
        ("listeners = [3]", "no listener"),
        ("[", "stationd.toml"),
        (TCP.replace("host_port = 1", "host_port = 0"), "host_port"),
        (TCP.replace("surgard", "nothing"), "is no receiver"),
        (SERIAL.format(mode="tap").replace("surgard", "contact-id-tcp"), "not come over serial"),
        (TCP.replace("receiver =", 'mode = "tap"\nreceiver ='), "only two serial wires"),
    ],
    ids=["none", "no list", "no table", "no TOML", "port", "receiver", "way", "tap"],
)
def test_what_is_wrong_with_its_own_table_is_said(
    tmp_path: Path, text: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, text.replace("{folder}", str(tmp_path)))
    with pytest.raises(SettingsError, match=why):
        load_relay(path, "line")
    assert relay.main(["line", "--config", str(path)]) == SettingsError.exit_code
    assert why.partition(" ")[0] in capsys.readouterr().err


@pytest.mark.parametrize("mode", ["proxy", "tap"])
def test_a_serial_line_is_composed_and_opens_nothing_yet(tmp_path: Path, mode: str) -> None:
    settings = load_relay(written(tmp_path, SERIAL.format(mode=mode)), "line")
    made = relay.compose(settings, reactor=None, ids=CountedIds(), notifier=Notifier({}))
    assert (made.port, made.waiting) == (None, 0)

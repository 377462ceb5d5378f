"""`stationctl redecode`."""

import pytest

OWN = 'name = "south"\n[[codes]]\nformat = "sia"\ncode = "BA"\nclass = "medical"\nname = "help"\n'


@pytest.fixture
def explained(received, config, tmp_path):
    """A station that received two alarms, and explains their code otherwise since."""
    path = tmp_path / "codes.toml"
    path.write_text(OWN)
    config.write_text(f'{config.read_text()}\n[codes]\nfile = "{path}"\n')
    return received


def test_nothing_changes_with_what_signals_were_read_with(received, ok):
    assert ok("redecode").splitlines()[-1] == "Nothing changes."


def test_it_shows_what_would_change_and_writes_nothing(explained, ok, value):
    text = ok("redecode")
    assert "2 signals mean something else" in text
    assert "alarm BA burglary alarm" in text
    assert "medical BA help" in text
    assert "Nothing is written yet; --apply writes a record for each change." in text
    assert value("account", "history", "1001")[0]["marks"] == ""


def test_a_manager_may_look_and_not_apply(explained, run):
    result = run("redecode", "--apply")
    assert result.exit_code == 4
    assert "administrator" in result.stderr


def test_an_administrator_applies_it_and_views_show_both(explained, log_in, ok, value):
    log_in("anna")
    done = value("redecode", "--apply")
    assert done["applied"] is True
    assert done["counts"]["corrected"] == 2
    assert done["own"].startswith("own:south:")
    assert done["accounts"] == {"1001": 1, "unknown:main:0C": 1}
    (row,) = value("account", "history", "1001")
    assert (row["signal_class"], row["name"], row["marks"]) == ("medical", "help", "corrected")
    assert row["was"].startswith("alarm BA burglary alarm")
    assert "(was alarm BA burglary alarm" in ok("account", "history", "1001")
    assert "(was alarm BA burglary alarm" in ok("tail", "--once")
    assert ok("redecode", "--apply").splitlines()[-1] == "Nothing changes."


@pytest.mark.parametrize(
    ("option", "name", "code", "told"),
    [
        ("--account", "9999", 2, "9999"),
        ("--listener", "iq", 2, "No listener is or was named iq; there are: ip."),
    ],
)
def test_who_is_misspelt_is_told_and_not_that_nothing_changes(
    received, run, option, name, code, told
):
    result = run("redecode", option, name)
    assert (result.exit_code, told in result.stderr) == (code, True)


def test_options_of_now_are_those_of_the_settings(received, run, ok, config):
    result = run("redecode", "--options-now", "--listener", "ip")
    assert result.exit_code == 2
    assert "No listener is named ip in the settings; there are: none." in result.stderr
    config.write_text(
        f"{config.read_text()}\n[[listeners]]\nname = 'ip'\nkind = 'tcp'\nreceiver = 'raw'\n"
        "port = 1\n"
    )
    text = ok("redecode", "--options-now", "--listener", "ip")
    assert "2 signals cannot be read now" in text
    assert "not read now:" in text


def test_what_is_applied_is_said_to_be_kept(explained, log_in, ok):
    log_in("anna")
    assert "Every change is a record; what was there stays." in ok("redecode", "--apply")


def test_a_time_limits_it(explained, ok):
    assert "Nothing changes." in ok("redecode", "--until", "2020-01-01")
    assert "Nothing changes." in ok("redecode", "--since", "2040-01-01")


def test_a_file_of_own_codes_that_is_wrong_is_told(explained, run, tmp_path):
    (tmp_path / "codes.toml").write_text(OWN.replace("medical", "loud"))
    result = run("redecode")
    assert result.exit_code == 2
    assert "class must be one of" in result.stderr

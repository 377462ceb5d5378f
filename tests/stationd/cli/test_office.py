"""What commands work with."""

from datetime import timedelta

import pytest
from click.testing import CliRunner

from stationd.cli.office import Office, ask_password
from stationd.cli.tokens import write_token
from stationd.db.revision import RevisionError
from stationd.errors import MistakeError, NotAuthorisedError, SettingsError
from stationd.staff import service
from stationd.staff.second_factor import code_at, open_factor
from stationd.staff.store import read_member

PASSWORD = "correct horse battery"


@pytest.fixture
def office(config, tmp_path):
    made = Office(config, environment={"XDG_STATE_HOME": str(tmp_path)})
    yield made
    made.close()


@pytest.fixture
def maria(staffed, office):
    write_token(office.token_path, service.login(staffed, "maria", PASSWORD, sealer=office.sealer))
    return office.person()


def test_a_database_without_tables_is_refused(office):
    with pytest.raises(RevisionError, match="stationctl migrate"):
        _ = office.desk


def test_everything_is_made_when_asked_for(tmp_path):
    office = Office(tmp_path / "none.toml")
    with pytest.raises(SettingsError):
        _ = office.settings


def test_the_person_is_who_logged_in(office, maria):
    assert maria.login == "maria"


def test_without_a_login_there_is_no_person(office, desk):
    with pytest.raises(NotAuthorisedError):
        office.person()


def test_what_was_opened_is_closed_and_nothing_else(office, desk):
    office.close()
    with office.desk.database.reading():
        pool = office.desk.database.engine.pool
    office.close()
    assert office.desk.database.engine.pool is not pool


def asked(monkeypatch, *answers):
    texts = iter(answers)
    monkeypatch.setattr("click.prompt", lambda *_words, **_more: next(texts))


def test_proofs_are_asked_for_again(office, maria, monkeypatch):
    asked(monkeypatch, PASSWORD)
    office.asks_again(maria)
    asked(monkeypatch, "not the password")
    with pytest.raises(NotAuthorisedError):
        office.asks_again(maria)


def test_the_second_factor_is_asked_for_too(office, maria, staffed, monkeypatch):
    service.enrol_second_factor(staffed, office.sealer(), by=maria)
    with staffed.database.reading() as connection:
        sealed = read_member(connection, "maria").factor
    secret = open_factor(sealed, office.sealer()).secret
    now = office.clock.now()
    service.confirm_second_factor(staffed, code_at(secret, now), office.sealer(), by=maria)
    asked(monkeypatch, PASSWORD, code_at(secret, now + timedelta(seconds=30)))
    office.asks_again(maria)


def test_a_password_comes_unseen_or_from_standard_input(monkeypatch):
    asked(monkeypatch, "typed")
    assert ask_password("Password", stdin=False) == "typed"
    with CliRunner().isolation(input="from a pipe\nmore\n"):
        assert ask_password("Password", stdin=True) == "from a pipe"
    with CliRunner().isolation(input=""), pytest.raises(MistakeError, match="Standard input"):
        ask_password("Password", stdin=True)

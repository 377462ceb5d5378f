"""Where a login is remembered."""

import pytest

from stationd.cli.tokens import forget_token, read_token, state_folder, token_path, write_token
from stationd.errors import NotAuthorisedError


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"XDG_STATE_HOME": "/x", "HOME": "/h"}, "/x/stationd"),
        ({"HOME": "/h"}, "/h/.local/state/stationd"),
        ({"XDG_STATE_HOME": "relative", "HOME": "/h"}, "/h/.local/state/stationd"),
    ],
)
def test_the_state_folder_is_the_users(environment, folder):
    assert str(state_folder(environment)) == folder
    assert str(token_path(environment, "south")) == f"{folder}/login-south.token"


def test_a_token_is_its_users_alone(tmp_path):
    path = tmp_path / "new" / "t"
    write_token(path, "abc")
    write_token(path, "abd")
    assert read_token(path) == "abd"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_token_others_can_read_does_not_count(tmp_path):
    path = tmp_path / "t"
    write_token(path, "abc")
    path.chmod(0o640)
    with pytest.raises(NotAuthorisedError, match="others"):
        read_token(path)


def test_without_a_file_nobody_is_logged_in(tmp_path):
    path = tmp_path / "t"
    forget_token(path)
    with pytest.raises(NotAuthorisedError, match="stationctl login"):
        read_token(path)
    path.write_bytes(b"\xff")
    with pytest.raises(NotAuthorisedError):
        read_token(path)
    forget_token(path)
    assert not path.exists()

import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stationd.errors import UnavailableError
from stationd.hooks import sending
from stationd.hooks.model import Letter
from stationd.hooks.sending import send_by
from stationd.paging import CommandHook, FolderHook, SmtpHook, WebhookHook

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


def test_each_hook_goes_its_way(letter: Letter, tmp_path: Path) -> None:
    send = send_by(lambda: NOW)
    send(FolderHook(kind="folder", name="drop", path=tmp_path), letter)
    assert len(list(tmp_path.iterdir())) == 1
    send(CommandHook(kind="command", name="true", argv=("/bin/true",)), letter)
    mail = SmtpHook(
        kind="smtp",
        name="m",
        host="127.0.0.1",
        port=1,
        security="none",
        sender="a@b",
        to=("c@d",),
    )
    with pytest.raises(UnavailableError, match="ConnectionRefused"):
        send(mail, letter)
    secret = tmp_path / "secret"
    secret.write_text("x" * 16)
    web = WebhookHook(kind="webhook", name="w", url="http://127.0.0.1:1/", secret=str(secret))
    with pytest.raises(UnavailableError, match="no answer"):
        send(web, letter)


def test_a_server_that_drips_is_left_behind(
    letter: Letter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "_GRACE", timedelta(milliseconds=200))
    secret = tmp_path / "secret"
    secret.write_text("x" * 16)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        web = WebhookHook(
            kind="webhook",
            name="w",
            url=f"http://127.0.0.1:{port}/",
            secret=str(secret),
            timeout="1s",
        )
        slow = web.model_copy(update={"timeout": timedelta(milliseconds=100)})
        with pytest.raises(UnavailableError, match=r"longer than|Timeout"):
            send_by(lambda: NOW)(slow, letter)

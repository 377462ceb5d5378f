from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from stationd.errors import UnavailableError
from stationd.hooks.mail import message, send_mail
from stationd.hooks.model import Letter
from stationd.paging import SmtpHook

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


def hook(port: int, **more: Any) -> SmtpHook:
    given = {
        "kind": "smtp",
        "name": "duty",
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "sender": "station@example.com",
        "to": ["duty@example.com", "night@example.com"],
        "timeout": "5s",
        **more,
    }
    return SmtpHook.model_validate(given)


def test_a_short_text_arrives_with_the_same_id_each_time(mail_server: Any, letter: Letter) -> None:
    send_mail(hook(mail_server.port), letter, NOW)
    send_mail(hook(mail_server.port), letter, NOW)
    first, again = (message_from_bytes(text) for text in mail_server.messages)
    assert first["Message-ID"] == again["Message-ID"]
    assert letter.id in first["Message-ID"]
    assert first["Subject"].strip().startswith("[station-1] Service runs on past")
    text = first.get_payload(decode=True).decode().replace("\r\n", "\n")
    assert text.startswith("Case c1 runs on.\n")
    assert f"stationctl pages ack {letter.page.id}" in text


def test_the_way_is_protected_and_the_password_goes_over_it_alone(
    mail_server: Any, letter: Letter, certificate: Path, tmp_path: Path
) -> None:
    password = tmp_path / "password"
    password.write_text("open sesame\n")
    given = {"user": "station", "password": str(password)}
    safe = hook(mail_server.port, security="starttls", ca_bundle=certificate, **given)
    send_mail(safe, letter, NOW)
    words = [line.split()[0].upper() for line in mail_server.heard if line]
    assert words.index("STARTTLS") < words.index("AUTH")
    assert len(mail_server.messages) == 1


def test_a_server_of_another_certificate_gets_nothing(mail_server: Any, letter: Letter) -> None:
    with pytest.raises(UnavailableError, match="SSL"):
        send_mail(hook(mail_server.port, security="starttls"), letter, NOW)
    assert mail_server.messages == []


def test_what_the_server_refuses_is_tried_again(mail_server: Any, letter: Letter) -> None:
    mail_server.answer = "451 come back later"
    with pytest.raises(UnavailableError, match="answers 451"):
        send_mail(hook(mail_server.port), letter, NOW)
    mail_server.answer = "250 taken"
    mail_server.refuses = "night@"
    with pytest.raises(UnavailableError, match="1 of 2 addresses refused"):
        send_mail(hook(mail_server.port), letter, NOW)


def test_a_server_that_is_not_there_is_named(letter: Letter) -> None:
    with pytest.raises(UnavailableError, match=r"127.0.0.1: ConnectionRefusedError"):
        send_mail(hook(1), letter, NOW)


def test_files_go_with_it(letter: Letter) -> None:
    made = message(hook(25), replace(letter, files=(("a.json", b"{}"),)), NOW)
    (file,) = made.iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("a.json", b"{}")

"""What a TLS listener shows is read again when it changes, and the last good one stays."""

from pathlib import Path
from typing import Any

import pytest
from twisted.logger import capturedLogs

from stationd.net.certificates import (
    LOOKS_UNTIL_AGAIN,
    CertificateError,
    Certificates,
    read_context,
)
from stationd.settings import TlsSettings


class Office:
    """A listener's files, and who watches them."""

    def __init__(self, authority: Any, house: Any) -> None:
        self._authority = authority
        self.certificate, self.key = authority.issue("panels")
        self.settings = TlsSettings(certificate=str(self.certificate), key=str(self.key))
        self.watch = Certificates(self.settings, listener="panels", in_thread=house.thread)

    def renew(self) -> None:
        self._authority.issue("panels")

    def shown(self) -> str:
        """Return the serial number of what the next caller is shown."""
        certificate = self.watch.serverConnectionForTLS(None).get_certificate()
        assert certificate is not None
        return str(certificate.get_serial_number())


@pytest.fixture
def office(tls_authority: Any, house: Any) -> Office:
    made = Office(tls_authority, house)
    assert made.watch.load_now() == ""
    return made


def test_a_renewed_certificate_is_shown_to_who_calls_next(office: Office, house: Any) -> None:
    before = office.shown()
    office.watch.look()
    assert house.thread.calls == []
    office.renew()
    office.watch.look()
    office.watch.look()
    assert len(house.thread.calls) == 1
    with capturedLogs() as logs:
        house.thread.run()
    assert office.shown() != before
    assert [log["log_format"] for log in logs] == ["certificate_loaded"]


def test_a_certificate_without_its_key_changes_nothing_until_the_key_is_there(
    office: Office, house: Any
) -> None:
    before = office.shown()
    old = office.key.read_bytes()
    office.renew()
    new = office.key.read_bytes()
    office.key.write_bytes(old)
    office.watch.look()
    with capturedLogs() as logs:
        house.thread.run_all()
    assert office.shown() == before
    assert [log["log_format"] for log in logs] == ["certificate_not_loaded"]
    office.key.write_bytes(new)
    office.watch.look()
    house.thread.run_all()
    assert office.shown() != before


def test_files_that_are_gone_are_told_once_and_tried_again(office: Office, house: Any) -> None:
    office.certificate.unlink()
    with capturedLogs() as logs:
        for _ in range(2 * LOOKS_UNTIL_AGAIN + 2):
            office.watch.look()
            house.thread.run_all()
    assert [log["log_format"] for log in logs] == ["certificate_not_loaded"]
    assert "No such file" in logs[0]["why"]
    assert office.shown()


def test_nothing_is_looked_at_before_it_was_read_once(tls_authority: Any, house: Any) -> None:
    office = Office(tls_authority, house)
    office.key.unlink()
    assert office.watch.load_now() == f"{office.key}: No such file or directory"
    office.renew()
    office.watch.look()
    assert house.thread.calls == []


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("certificate", "no certificate in PEM"),
        ("key", "no private key in PEM without a passphrase, or not that of certificate"),
        ("client_ca", "no certificates in PEM"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    tls_authority: Any, tmp_path: Path, name: str, sentence: str
) -> None:
    certificate, key = tls_authority.issue("panels")
    noise = tmp_path / "noise"
    noise.write_text("noise")
    files = {"certificate": str(certificate), "key": str(key), name: str(noise)}
    with pytest.raises(CertificateError, match=f"^{noise}: {sentence}$"):
        read_context(TlsSettings(**files))


def test_a_key_of_another_certificate_is_refused(tls_authority: Any) -> None:
    certificate, _ = tls_authority.issue("panels")
    _, key = tls_authority.issue("others")
    with pytest.raises(CertificateError, match="not that of certificate"):
        read_context(TlsSettings(certificate=str(certificate), key=str(key)))

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import openssl
from archive.openssl import DerError


@pytest.fixture
def p7s(sealed_once) -> bytes:
    return (sealed_once.folder / "tagmanifest-sha256.txt.p7s").read_bytes()


@pytest.fixture
def data(sealed_once) -> bytes:
    return (sealed_once.folder / "tagmanifest-sha256.txt").read_bytes()


def test_a_signature_carries_its_value_and_its_stamp(p7s, station) -> None:
    value, token = openssl.signature_stamp(p7s)

    assert token.time == station.authority.now
    assert openssl.verify_stamp(token, value, station.authority.trust_pem).holds


def test_a_stamp_of_other_data_does_not_hold(p7s, station) -> None:
    _, token = openssl.signature_stamp(p7s)

    answer = openssl.verify_stamp(token, b"other", station.authority.trust_pem)

    assert answer.holds is False
    assert answer.reason


def test_a_signature_holds_under_its_root_and_no_other(p7s, data, station, other_station) -> None:
    at = station.now

    assert openssl.verify_signature(p7s, data, station.root_pem, at).holds
    assert openssl.verify_signature(p7s, data, other_station.root_pem, at).holds is False
    assert openssl.verify_signature(p7s, data + b"x", station.root_pem, at).holds is False


def test_certificates_are_judged_at_the_time_that_is_given(p7s, data, station) -> None:
    later = datetime(2046, 1, 1, tzinfo=UTC)

    answer = openssl.verify_signature(p7s, data, station.root_pem, later)

    assert answer.holds is False
    assert "expired" in answer.reason


def test_a_reply_gives_its_token(sealed_once, station) -> None:
    tsr = (sealed_once.folder / "tagmanifest-sha256.txt.tsr").read_bytes()

    assert openssl.reply_token(tsr).time == station.authority.now


@pytest.mark.parametrize(
    "raw",
    [b"", b"\x30", b"\x30\x80\0\0", b"\x30\x85\1\1\1\1\1", b"\x30\x05\x02\x01", b"\x02\x01\x05"],
)
def test_what_is_no_der_is_refused(raw: bytes) -> None:
    for read in (openssl.signature_stamp, openssl.reply_token):
        with pytest.raises(DerError):
            read(raw)


@given(draw=st.data())
def test_any_change_gives_a_stamp_or_a_refusal_and_never_a_crash(draw, sealed_once) -> None:
    raw = bytearray((sealed_once.folder / "tagmanifest-sha256.txt.p7s").read_bytes())
    raw[draw.draw(st.integers(0, len(raw) - 1))] ^= draw.draw(st.integers(1, 255))
    for read in (openssl.signature_stamp, openssl.reply_token):
        try:
            read(bytes(raw))
        except DerError:
            continue


def test_a_signature_without_a_stamp_says_so(station) -> None:
    bare = station.seal.sign(b"data", now=station.now, stamp=None)

    with pytest.raises(DerError, match="no time stamp"):
        openssl.signature_stamp(bare)


def test_without_the_command_the_answer_is_none(monkeypatch, tmp_path, station) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert not openssl.available()
    assert openssl.verify_signature(b"", b"", b"", None).holds is None


def test_a_command_that_hangs_decides_nothing(monkeypatch, tmp_path) -> None:
    program = tmp_path / "openssl"
    program.write_text("#!/bin/sh\nexec sleep 5\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(openssl, "_TIMEOUT", 0.05)

    answer = openssl.verify_signature(b"", b"", b"", None)

    assert answer.holds is None
    assert "did not run" in answer.reason


def test_certificates_are_compared_whatever_stands_around_them(station) -> None:
    pem = station.root_pem

    assert openssl.certificates(b"text\r\n" + pem.replace(b"\n", b"\r\n")) == openssl.certificates(
        pem
    )
    assert openssl.certificates(b"") == set()

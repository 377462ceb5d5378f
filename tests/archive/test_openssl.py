from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
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
    value, (token,) = openssl.signature_stamps(p7s)

    assert token.time == station.authority.now
    assert openssl.verify_stamp(token, value, station.authority.trust_pem).holds


def test_a_stamp_of_other_data_does_not_hold(p7s, station) -> None:
    _, (token,) = openssl.signature_stamps(p7s)

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
    for read in (openssl.signature_stamps, openssl.reply_token):
        with pytest.raises(DerError):
            read(raw)


@given(draw=st.data())
def test_any_change_gives_a_stamp_or_a_refusal_and_never_a_crash(draw, sealed_once) -> None:
    raw = bytearray((sealed_once.folder / "tagmanifest-sha256.txt.p7s").read_bytes())
    raw[draw.draw(st.integers(0, len(raw) - 1))] ^= draw.draw(st.integers(1, 255))
    for read in (openssl.signature_stamps, openssl.reply_token):
        try:
            read(bytes(raw))
        except DerError:
            continue


def test_a_signature_without_a_stamp_says_so(station) -> None:
    bare = station.seal.sign(b"data", now=station.now)

    with pytest.raises(DerError, match="no time stamp"):
        openssl.signature_stamps(bare)


def test_without_the_command_the_answer_is_none(monkeypatch, tmp_path, station) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert "install OpenSSL 3" in openssl.missing()
    assert openssl.verify_certificate([b""], b"", datetime(2026, 3, 1, tzinfo=UTC)).holds is None


def test_a_command_that_hangs_decides_nothing(monkeypatch, tmp_path) -> None:
    program = tmp_path / "openssl"
    program.write_text("#!/bin/sh\nexec sleep 5\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(openssl, "_TIMEOUT", 0.05)

    answer = openssl.verify_certificate([b""], b"", datetime(2026, 3, 1, tzinfo=UTC))

    assert answer.holds is None
    assert "timed out" in answer.reason


def test_a_command_is_asked_once_which_version_it_is(monkeypatch, tmp_path) -> None:
    program, log = tmp_path / "openssl", tmp_path / "log"
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    said = []
    for version in ("OpenSSL 3.0.1", "OpenSSL 1.1.1w", "OpenSSL 3.0.1"):
        program.write_text(f'#!/bin/sh\necho "$1" >> {log}\necho {version}\n')
        program.chmod(0o755)
        said += [openssl.missing(), openssl.missing()]

    old = "the openssl command here is not OpenSSL 3: OpenSSL 1.1.1w; install OpenSSL 3"
    assert said == ["", "", old, old, "", ""]
    # One that does not suit may be put right, so it is asked each time.
    assert log.read_text().split() == ["version"] * 4


def test_certificates_are_compared_whatever_stands_around_them(station) -> None:
    pem = station.root_pem

    assert openssl.certificates(b"text\r\n" + pem.replace(b"\n", b"\r\n")) == openssl.certificates(
        pem
    )
    assert openssl.certificates(b"") == []


def der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = len(body)
    length = bytes([size]) if size < 128 else bytes([0x82, size >> 8, size & 0xFF])
    return bytes([tag]) + length + body


OID_SIGNED = bytes.fromhex("06092a864886f70d010702")
OID_INFO = bytes.fromhex("060b2a864886f70d0109100104")
OID_STAMP = bytes.fromhex("060b2a864886f70d010910020e")


def signed(*members: bytes) -> bytes:
    return der(0x30, OID_SIGNED, der(0xA0, der(0x30, *members)))


def token(info: bytes) -> bytes:
    return signed(der(0x30, OID_INFO, der(0xA0, der(0x04, der(0x30, info)))))


def signature(attribute: bytes) -> bytes:
    return signed(der(0x31, der(0x30, der(0x04, b"value"), der(0xA1, attribute))))


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (der(0x30, OID_INFO, der(0xA0)), "not a CMS signature"),
        (signed(), "no signer"),
        (signed(der(0x30)), "no signer"),
        (signed(der(0x31, der(0x30))), "no time stamp"),
        (signature(b""), "no time stamp"),
        (signature(der(0x30)), "no time stamp"),
        (signature(der(0x30, OID_INFO, der(0x31))), "no time stamp"),
        (signature(der(0x30, OID_STAMP, der(0x31))), "another structure"),
        (signature(der(0x30, OID_STAMP, der(0x31, token(b"")))), "gives no time"),
        (signature(der(0x30, OID_STAMP, der(0x31, token(der(0x18, b"2026"))))), "gives no time"),
        (
            signature(der(0x30, OID_STAMP, der(0x31, token(der(0x18, b"20261399000000Z"))))),
            "gives no time",
        ),
    ],
)
def test_every_part_that_is_missing_is_missed(raw: bytes, words: str) -> None:
    with pytest.raises(DerError, match=words):
        openssl.signature_stamps(raw)


def test_fractions_of_a_second_are_allowed_in_a_stamp() -> None:
    raw = signature(
        der(0x30, OID_STAMP, der(0x31, token(der(0x02, b"1") + der(0x18, b"20260601120000.25Z"))))
    )

    assert openssl.signature_stamps(raw)[1][0].time == datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_a_refusal_of_an_authority_holds_no_token() -> None:
    with pytest.raises(DerError, match="holds no token"):
        openssl.reply_token(der(0x30, der(0x30, der(0x02, b"2"))))


def _certificate(name: str, key: Any, signer: Any, *more: Any) -> x509.Certificate:
    subject, issuer = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, it)]) for it in name)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2027, 1, 1, tzinfo=UTC))
    )
    for extension in more:
        builder = builder.add_extension(extension, critical=True)
    return builder.sign(signer, SHA256())


@pytest.mark.parametrize(
    ("use", "holds"),
    [
        (ExtendedKeyUsageOID.EMAIL_PROTECTION, True),
        (ExtendedKeyUsageOID.SERVER_AUTH, False),
        (ExtendedKeyUsageOID.TIME_STAMPING, False),
    ],
)
def test_a_certificate_for_something_else_signs_no_bundle(use: Any, holds: bool) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    root = _certificate("RR", key, key, x509.BasicConstraints(ca=True, path_length=None))
    leaf = _certificate("LR", key, key, x509.ExtendedKeyUsage([use]))
    chain = [one.public_bytes(Encoding.DER) for one in (leaf, root)]
    at = datetime(2026, 6, 1, tzinfo=UTC)

    answer = openssl.verify_certificate(chain, root.public_bytes(Encoding.PEM), at)

    assert answer.holds is holds


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP256K1()], ids=["P-256", "another"])
def test_a_signature_of_another_algorithm_than_the_one_named_does_not_hold(curve: Any) -> None:
    key = ec.generate_private_key(curve)
    certificate = _certificate("RR", key, key).public_bytes(Encoding.DER)
    der = key.sign(b"data", ec.ECDSA(SHA256()))
    value = b"".join(half.to_bytes(32) for half in decode_dss_signature(der))

    named = openssl.verify_bare(value, b"data", certificate, halves=True)
    other = openssl.verify_bare(der, b"data", certificate, halves=False)

    assert (named.holds, other.holds) == (curve.name == "secp256r1", False)
    assert "none of the algorithm" in other.reason

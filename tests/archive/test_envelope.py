import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from archive import envelope
from archive.envelope import LARGEST, envelop, opening_text, read_recipient
from archive.errors import ArchiveError, MalformedError

NOW = datetime(2026, 6, 1, tzinfo=UTC)
RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())


def usage(**more):
    names = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
        *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return x509.KeyUsage(**(dict.fromkeys(names, False) | more))


def certificate(key, *, name="J. Adler", use=None, since=None, days=30) -> bytes:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begin = since or NOW - timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=days))
    )
    if use is not None:
        made = made.add_extension(use, critical=True)
    sign = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return made.sign(key, sign).public_bytes(Encoding.PEM)


def opened(path, key, tmp_path):
    """Open an envelope with the real openssl; return what it holds, or what openssl says."""
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key.pem").write_bytes(pem)
    command = ["openssl", "cms", "-decrypt", "-binary", "-inform", "DER", "-in", path]
    command += ["-inkey", tmp_path / "key.pem"]
    done = subprocess.run(command, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "a.asice"
    path.write_bytes(b"PK\r\nsecret\n" * 20_000)
    return path


@pytest.mark.parametrize(
    ("key", "use"),
    [
        (RSA, None),
        (RSA, usage(key_encipherment=True)),
        (EC, None),
        (EC, usage(key_agreement=True)),
        (ec.generate_private_key(ec.SECP384R1()), None),
    ],
    ids=["RSA", "RSA for encipherment", "P-256", "P-256 for agreement", "P-384"],
)
def test_openssl_opens_what_is_enveloped_to_the_certificate(key, use, source, tmp_path) -> None:
    one = read_recipient(certificate(key, use=use), NOW)
    target = tmp_path / "a.asice.p7m"

    envelop(source, target, [one])

    assert b"secret" not in target.read_bytes()
    assert opened(target, key, tmp_path) == source.read_bytes()
    other = (
        ec.generate_private_key(ec.SECP256R1())
        if isinstance(key, ec.EllipticCurvePrivateKey)
        else rsa.generate_private_key(65537, 2048)
    )
    assert opened(target, other, tmp_path) is None


def test_each_of_several_recipients_can_open_it(source, tmp_path) -> None:
    both = [read_recipient(certificate(key), NOW) for key in (RSA, EC)]

    envelop(source, tmp_path / "x", both)

    assert [opened(tmp_path / "x", key, tmp_path) for key in (RSA, EC)] == [source.read_bytes()] * 2


def test_the_content_is_under_aes_256_gcm_and_its_key_under_oaep(source, tmp_path) -> None:
    envelop(source, tmp_path / "x", [read_recipient(certificate(RSA), NOW)])

    command = ["openssl", "cms", "-cmsout", "-print", "-noout", "-inform", "DER", "-in"]
    said = subprocess.run([*command, tmp_path / "x"], capture_output=True, check=True, text=True)
    assert "id-smime-ct-authEnvelopedData" in said.stdout
    assert "aes-256-gcm" in said.stdout
    assert "rsaesOaep" in said.stdout


@pytest.mark.parametrize("place", [0.5, 0.999], ids=["in the middle", "near the end"])
def test_an_envelope_that_was_changed_is_not_opened(place, source, tmp_path) -> None:
    target = tmp_path / "x"
    envelop(source, target, [read_recipient(certificate(RSA), NOW)])
    changed = bytearray(target.read_bytes())
    changed[int(len(changed) * place)] ^= 1
    target.write_bytes(changed)

    assert opened(target, RSA, tmp_path) is None


def test_a_certificate_is_known_by_its_fingerprint_and_its_key() -> None:
    pem = certificate(RSA)

    one = read_recipient(b"Bag Attributes\n" + pem, NOW)

    expected = x509.load_pem_x509_certificate(pem).fingerprint(hashes.SHA256()).hex()
    assert one.fingerprint == expected
    assert (one.subject, one.key) == ("CN=J. Adler", "RSA 2048")
    assert read_recipient(certificate(EC), NOW).key == "EC secp256r1"


@pytest.mark.parametrize(
    ("pem", "text"),
    [
        (b"", "no certificate in PEM"),
        (certificate(RSA) + certificate(EC), "holds 2 certificates"),
        (certificate(RSA, use=usage(digital_signature=True)), "does not allow key encipherment"),
        (certificate(EC, use=usage(digital_signature=True)), "does not allow key agreement"),
        (
            certificate(rsa.generate_private_key(65537, 1024)),
            "has 1024 bits, it needs 2048 to 8192",
        ),
        (certificate(ec.generate_private_key(ec.SECP256K1())), "its curve is secp256k1"),
        (certificate(ed25519.Ed25519PrivateKey.generate()), "can only sign"),
        (certificate(RSA, days=1), "it ended on 2026-06-01"),
        (certificate(RSA, since=NOW + timedelta(days=2)), "it begins on 2026-06-03"),
    ],
    ids=[
        *("nothing", "two", "RSA to sign", "EC to sign", "short", "curve", "Ed25519", "over"),
        "not yet",
    ],
)
def test_a_certificate_that_will_not_do_is_refused_with_the_reason(pem, text) -> None:
    with pytest.raises(MalformedError, match=text):
        read_recipient(pem, NOW)


def test_everything_that_is_wrong_with_a_certificate_is_told_at_once() -> None:
    pem = certificate(
        rsa.generate_private_key(65537, 1024), use=usage(digital_signature=True), days=1
    )

    with pytest.raises(MalformedError, match=r"key usage .*; its RSA key .*; it ended"):
        read_recipient(pem, NOW)


def test_a_certificate_whose_parts_cannot_be_read_is_refused(monkeypatch) -> None:
    class Odd:
        @property
        def extensions(self):
            raise ValueError("twice")

        def public_key(self):
            raise ValueError("odd")

    assert "of a kind that is not known here" in envelope._faults_of_key(Odd())[0]
    assert "cannot be read: twice" in envelope._faults_of_usage(Odd(), "key_agreement")[0]


def test_a_file_that_is_too_large_to_be_opened_is_not_enveloped(tmp_path) -> None:
    large = tmp_path / "large"
    with large.open("wb") as stream:
        stream.truncate(LARGEST + 1)

    with pytest.raises(MalformedError, match="enveloped up to 1073741824"):
        envelop(large, tmp_path / "x", [])
    assert not (tmp_path / "x").exists()


def test_what_openssl_says_is_told_and_nothing_is_left(source, tmp_path) -> None:
    with pytest.raises(ArchiveError, match="could not be enveloped; openssl says"):
        envelop(source, tmp_path / "x", [])
    assert not (tmp_path / "x").exists()


def test_without_openssl_nothing_is_enveloped(source, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("archive.openssl.missing", lambda: "openssl is not here")

    with pytest.raises(ArchiveError, match="nothing was enveloped: openssl is not here"):
        envelop(source, tmp_path / "x", [])


def test_an_openssl_that_goes_away_is_told(source, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("archive.openssl.missing", lambda: "")
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(ArchiveError, match=r"a\.asice could not be enveloped"):
        envelop(source, tmp_path / "x", [])


def test_the_recipient_is_told_how_to_open_each_file() -> None:
    one = read_recipient(certificate(RSA), NOW)

    text = opening_text(["a.asice.p7m", "receipt.json.p7m"], one).decode()

    assert one.fingerprint in text
    assert "-in a.asice.p7m \\\n      -out a.asice\n" in text
    assert text.isascii()

import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from cryptography.x509.oid import NameOID

from archive.ceremony import key_usage, make_keys
from archive.errors import AuthorityUnavailableError, KeyFileError
from archive.seal import LogKey, Seal
from archive.stamping import Panel

NOW = datetime.now(UTC)
DATA = b"0123  data/index.json\n"


@pytest.fixture
def seal(keys):
    return Seal.load(keys.seal_key, keys.seal, keys.root)


def openssl_verifies(folder, signature, root_pem, data=DATA):
    (folder / "list").write_bytes(data)
    (folder / "list.p7s").write_bytes(signature)
    (folder / "ROOT.pem").write_bytes(root_pem)
    command = (
        "openssl cms -verify -cades -binary -inform DER -in list.p7s -content list "
        "-CAfile ROOT.pem -out /dev/null"
    )
    return subprocess.run(command.split(), cwd=folder, capture_output=True, check=False)


def write_key(path, key, encryption=None):
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())
    )
    return path


def issue(keys, public_key, *, usage=True, issuer=None, issuer_key=None):
    """Issue a certificate under the station's root, or under ``issuer``."""
    root = issuer or x509.load_pem_x509_certificate(keys.root.read_bytes())
    key = issuer_key or load_pem_private_key(keys.root_key.read_bytes(), None)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "another seal")]))
        .issuer_name(root.subject)
        .public_key(public_key)
        .serial_number(77)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
    )
    if usage:
        builder = builder.add_extension(key_usage(signs_certificates=False), critical=True)
    return builder.sign(key, hashes.SHA256())


def test_openssl_verifies_the_seal_under_the_root(seal, tmp_path):
    signature = seal.sign(DATA, now=datetime.now(UTC))

    run = openssl_verifies(tmp_path, signature, seal.root_pem)

    assert run.returncode == 0, run.stderr
    assert b"CAdES Verification successful" in run.stderr


def test_openssl_verifies_a_stamped_seal(seal, authority, tmp_path):
    signature = seal.sign(DATA, now=datetime.now(UTC), stamps=Panel(authority).stamp)

    assert openssl_verifies(tmp_path, signature, seal.root_pem).returncode == 0


def test_openssl_refuses_other_bytes_and_another_root(seal, tmp_path):
    signature = seal.sign(DATA, now=datetime.now(UTC))
    other = make_keys(tmp_path / "other", station="other", now=NOW, serials=[1, 2, 3])

    changed = openssl_verifies(tmp_path, signature, seal.root_pem, DATA + b"\n")
    stranger = openssl_verifies(tmp_path, signature, other.root.read_bytes())

    assert changed.returncode != 0
    assert stranger.returncode != 0


def test_an_rsa_key_of_3072_bits_seals_too(keys, tmp_path):
    key = rsa.generate_private_key(65537, 3072)
    certificate = tmp_path / "rsa.pem"
    certificate.write_bytes(issue(keys, key.public_key()).public_bytes(Encoding.PEM))
    seal = Seal.load(write_key(tmp_path / "rsa.key.pem", key), certificate, keys.root)

    signature = seal.sign(DATA, now=datetime.now(UTC))

    assert openssl_verifies(tmp_path, signature, seal.root_pem).returncode == 0


def test_a_certificate_between_seal_and_root_goes_into_the_signature(keys, tmp_path):
    top_key, middle_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    top = authority_certificate("top", top_key, "top", top_key, 2)
    middle = authority_certificate("middle", middle_key, "top", top_key, 1)
    signer = issue(keys, key.public_key(), issuer=middle, issuer_key=middle_key)
    chain = tmp_path / "chain.pem"
    chain.write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in (signer, middle)))
    (tmp_path / "top.pem").write_bytes(top.public_bytes(Encoding.PEM))

    seal = Seal.load(write_key(tmp_path / "key.pem", key), chain, tmp_path / "top.pem")
    signature = seal.sign(DATA, now=datetime.now(UTC))

    assert seal.certificate_pem == signer.public_bytes(Encoding.PEM)
    assert seal.chain_pem == middle.public_bytes(Encoding.PEM)
    assert openssl_verifies(tmp_path, signature, seal.root_pem).returncode == 0


def authority_certificate(name, key, issuer, issuer_key, depth):
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(depth)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(key_usage(signs_certificates=True), critical=True)
        .sign(issuer_key, hashes.SHA256())
    )


def test_what_is_published_is_what_the_ceremony_said(keys, seal):
    assert seal.root_fingerprint == keys.fingerprints["root.pem"]
    assert seal.fingerprint == keys.fingerprints["seal.pem"]
    assert seal.root_pem == keys.root.read_bytes()
    assert seal.certificate_pem == keys.seal.read_bytes()
    assert seal.chain_pem == b""
    assert LogKey.load(keys.log_key).fingerprint == keys.fingerprints["log.pub.pem"]


@pytest.mark.parametrize("days", [-1, 3 * 365 + 1])
def test_a_certificate_outside_its_time_does_not_seal(seal, days):
    with pytest.raises(KeyFileError, match="make a new one"):
        seal.sign(DATA, now=NOW + timedelta(days=days))


def test_the_end_of_the_certificate_can_be_asked_for(seal):
    assert timedelta(days=1094) < seal.valid_until - NOW <= timedelta(days=1095, hours=2)


def test_an_authority_that_is_down_stops_the_sealing(seal):
    def down(_data):
        raise AuthorityUnavailableError("trial: no answer")

    with pytest.raises(AuthorityUnavailableError, match="no answer"):
        seal.sign(DATA, now=datetime.now(UTC), stamps=down)


def test_the_stamp_covers_the_signature(seal, authority):
    stamped = []

    def stamp(data):
        stamped.append(data)
        return authority.stamp(data)

    signature = seal.sign(DATA, now=datetime.now(UTC), stamps=lambda data: [stamp(data)])

    assert len(stamped) == 1
    assert stamped[0] in signature


def test_the_log_key_signs_notes(keys):
    log = LogKey.load(keys.log_key)
    public = load_pem_public_key(log.public_pem)

    public.verify(log.sign(b"text"), b"text")

    assert log.public == public.public_bytes_raw()
    assert log.public_pem == keys.log_public.read_bytes()
    assert log.sign(b"text") == log.sign(b"text")


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o601, 0o660, 0o644])
def test_a_private_key_that_others_can_reach_is_refused(keys, mode):
    keys.seal_key.chmod(mode)
    keys.log_key.chmod(mode)

    with pytest.raises(KeyFileError, match=r"seal\.key\.pem can be reached by other"):
        Seal.load(keys.seal_key, keys.seal, keys.root)
    with pytest.raises(KeyFileError, match=r"log\.key\.pem can be reached by other"):
        LogKey.load(keys.log_key)


@pytest.mark.parametrize("mode", [0o400, 0o440, 0o600])
def test_a_private_key_as_a_service_manager_hands_it_over_is_taken(keys, mode):
    keys.seal_key.chmod(mode)

    assert Seal.load(keys.seal_key, keys.seal, keys.root)


def test_a_key_of_another_certificate_is_refused(keys, tmp_path):
    other = make_keys(tmp_path / "other", station="other", now=NOW, serials=[1, 2, 3])

    with pytest.raises(KeyFileError, match="is not the key of the certificate"):
        Seal.load(other.seal_key, keys.seal, keys.root)


def test_a_certificate_of_another_root_is_refused(keys, tmp_path):
    other = make_keys(tmp_path / "other", station="other", now=NOW, serials=[1, 2, 3])

    with pytest.raises(KeyFileError, match="does not lead to the root"):
        Seal.load(keys.seal_key, keys.seal, other.root)


def test_a_root_with_the_same_name_and_another_key_is_refused(keys, tmp_path):
    twin = make_keys(tmp_path / "twin", station="station-1", now=NOW, serials=[1, 2, 3])

    with pytest.raises(KeyFileError, match="does not lead to the root"):
        Seal.load(keys.seal_key, keys.seal, twin.root)


def test_a_root_that_is_not_its_own_issuer_is_refused(keys):
    with pytest.raises(KeyFileError, match="does not lead to the root"):
        Seal.load(keys.seal_key, keys.seal, keys.seal)


def test_the_root_itself_does_not_seal(keys):
    with pytest.raises(KeyFileError, match="not for sealing"):
        Seal.load(keys.root_key, keys.root, keys.root)


def test_a_certificate_that_says_nothing_of_its_use_is_refused(keys, tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = tmp_path / "bare.pem"
    certificate.write_bytes(issue(keys, key.public_key(), usage=False).public_bytes(Encoding.PEM))

    with pytest.raises(KeyFileError, match="not for sealing"):
        Seal.load(write_key(tmp_path / "bare.key.pem", key), certificate, keys.root)


@pytest.mark.parametrize(
    "key",
    [
        ed25519.Ed25519PrivateKey.generate(),
        ec.generate_private_key(ec.SECP384R1()),
        rsa.generate_private_key(65537, 2048),
    ],
    ids=["ed25519", "p384", "rsa2048"],
)
def test_a_key_that_verifiers_in_the_field_do_not_take_is_refused(keys, tmp_path, key):
    with pytest.raises(KeyFileError, match="cannot seal; it must be ECDSA P-256 or RSA"):
        Seal.load(write_key(tmp_path / "odd.key.pem", key), keys.seal, keys.root)


def test_the_seal_key_is_no_log_key(keys):
    with pytest.raises(KeyFileError, match="no Ed25519 key"):
        LogKey.load(keys.seal_key)


def test_a_key_locked_with_a_password_is_refused(tmp_path):
    key = ed25519.Ed25519PrivateKey.generate()
    locked = write_key(tmp_path / "locked.pem", key, BestAvailableEncryption(b"password"))

    with pytest.raises(KeyFileError, match="locked with a password"):
        LogKey.load(locked)


@pytest.mark.parametrize("data", [b"", b"not PEM", b"-----BEGIN PRIVATE KEY-----\nAAAA\n"])
def test_a_file_that_is_no_key_or_certificate_is_refused(keys, tmp_path, data):
    odd = tmp_path / "odd.pem"
    odd.touch(mode=0o600)
    odd.write_bytes(data)

    with pytest.raises(KeyFileError, match="holds no private key"):
        LogKey.load(odd)
    with pytest.raises(KeyFileError, match="holds no certificate"):
        Seal.load(keys.seal_key, odd, keys.root)
    with pytest.raises(KeyFileError, match="holds no certificate"):
        Seal.load(keys.seal_key, keys.seal, odd)


def test_a_missing_file_is_named_with_what_makes_it(keys, tmp_path):
    missing = tmp_path / "none.pem"

    with pytest.raises(KeyFileError, match=r"none\.pem: No such file.*stationctl keys init"):
        LogKey.load(missing)
    with pytest.raises(KeyFileError, match=r"none\.pem: No such file.*stationctl keys init"):
        Seal.load(keys.seal_key, missing, keys.root)

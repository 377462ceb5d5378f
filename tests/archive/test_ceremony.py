import os
import stat
import subprocess
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from archive.ceremony import fingerprint, make_keys, make_log_key, renew_seal
from archive.errors import KeyFileError
from archive.seal import LogKey

NOW = datetime(2026, 11, 21, 12, 0, 0, 250_000, tzinfo=UTC)
FILES = {
    "root.key.pem": 0o600,
    "root.pem": 0o644,
    "seal.key.pem": 0o600,
    "seal.pem": 0o644,
    "log.key.pem": 0o600,
    "log.pub.pem": 0o644,
    "root.crl.pem": 0o644,
    "ocsp.key.pem": 0o600,
    "ocsp.pem": 0o644,
}


def ceremony(folder):
    return make_keys(folder, station="station-1", now=NOW, serials=iter([101, 102, 103]))


def certificate(path):
    return x509.load_pem_x509_certificate(path.read_bytes())


def openssl(*arguments):
    return subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=True)


@pytest.fixture
def narrow_umask():
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.mark.usefixtures("narrow_umask")
def test_private_files_are_for_the_owner_alone_and_public_ones_for_all(tmp_path):
    ceremony(tmp_path / "keys")

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "keys").iterdir()}
    assert modes == FILES
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


def test_the_root_is_a_p256_authority_for_more_than_ten_years(tmp_path):
    root = certificate(ceremony(tmp_path).root)

    assert isinstance(root.public_key().curve, ec.SECP256R1)
    assert root.serial_number == 101
    assert root.not_valid_before_utc == NOW.replace(microsecond=0)
    assert root.not_valid_after_utc > NOW + timedelta(days=20 * 365)
    assert root.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    usage = root.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.key_cert_sign
    assert not usage.digital_signature


def test_the_seal_is_a_p256_certificate_for_signatures_for_three_years(tmp_path):
    made = ceremony(tmp_path)
    seal = certificate(made.seal)
    usage = seal.extensions.get_extension_for_class(x509.KeyUsage).value

    assert isinstance(seal.public_key().curve, ec.SECP256R1)
    assert seal.serial_number == 102
    assert seal.not_valid_after_utc == NOW.replace(microsecond=0) + timedelta(days=3 * 365)
    assert (usage.digital_signature, usage.content_commitment) == (True, True)
    assert not usage.key_cert_sign
    seal.verify_directly_issued_by(certificate(made.root))


def test_every_purpose_has_a_key_of_its_own(tmp_path):
    made = ceremony(tmp_path)
    keys = [
        load_pem_private_key(path.read_bytes(), None)
        for path in (made.root_key, made.seal_key, made.log_key)
    ]

    assert [key.public_key() for key in keys] == [
        certificate(made.root).public_key(),
        certificate(made.seal).public_key(),
        load_pem_public_key(made.log_public.read_bytes()),
    ]
    assert isinstance(keys[2], ed25519.Ed25519PrivateKey)
    assert keys[0].public_key() != keys[1].public_key()


@pytest.mark.parametrize(("name", "file"), [("root.pem", "root"), ("seal.pem", "seal")])
def test_the_fingerprint_to_publish_is_what_openssl_prints(tmp_path, name, file):
    made = ceremony(tmp_path)

    printed = openssl(
        "x509", "-in", str(getattr(made, file)), "-noout", "-fingerprint", "-sha256"
    ).stdout

    assert printed.strip().partition("=")[2] == made.fingerprints[name]


def test_the_fingerprint_of_the_log_is_that_of_its_public_key(tmp_path):
    made = ceremony(tmp_path)
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-in", str(made.log_public), "-outform", "DER"],
        capture_output=True,
        check=True,
    ).stdout

    assert fingerprint(der) == made.fingerprints["log.pub.pem"]
    assert fingerprint(der).replace(":", "").lower() == sha256(der).hexdigest()


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_overwritten_and_nothing_is_added_to_what_is_there(tmp_path, name):
    there = tmp_path / name
    there.write_text("an older key")

    with pytest.raises(KeyFileError, match=f"has {name} already.*never overwritten"):
        ceremony(tmp_path)

    assert there.read_text() == "an older key"
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_link_that_leads_nowhere_counts_as_a_file(tmp_path):
    (tmp_path / "root.key.pem").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(KeyFileError, match=r"root\.key\.pem already"):
        ceremony(tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(KeyFileError, match=r"root\.key\.pem: .*no keys were made"):
        ceremony(tmp_path / "file" / "keys")


def test_a_seal_is_renewed_under_the_same_root_with_a_key_of_its_own(tmp_path):
    old = ceremony(tmp_path / "old")
    later = NOW + timedelta(days=1000)
    new = tmp_path / "new"

    made = renew_seal(
        new, root_key=old.root_key, root=old.root, now=later, serials=iter([201, 202])
    )

    seal, root = certificate(new / "seal.pem"), certificate(old.root)
    seal.verify_directly_issued_by(root)
    certificate(new / "ocsp.pem").verify_directly_issued_by(root)
    assert seal.subject == certificate(old.seal).subject
    assert seal.public_key() != certificate(old.seal).public_key()
    assert seal.not_valid_after_utc - later > timedelta(days=3 * 365 - 1)
    assert made == {"seal.pem": fingerprint(seal.public_bytes(serialization.Encoding.DER))}
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in new.iterdir()}
    assert modes == {name: FILES[name] for name in modes}
    assert set(modes) == {"seal.key.pem", "seal.pem", "ocsp.key.pem", "ocsp.pem"}
    with pytest.raises(KeyFileError, match="never overwritten"):
        renew_seal(new, root_key=old.root_key, root=old.root, now=later, serials=iter([1, 2]))


def test_a_key_on_a_token_gets_a_certificate_and_no_key_is_made(tmp_path):
    old = ceremony(tmp_path / "old")
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    given = {"root_key": old.root_key, "root": old.root, "now": NOW, "serials": iter([201, 202])}

    renew_seal(tmp_path / "new", public=public, **given)

    assert certificate(tmp_path / "new/seal.pem").public_key() == public
    assert not (tmp_path / "new/seal.key.pem").exists()


def test_a_root_that_would_end_first_issues_no_seal(tmp_path):
    old = ceremony(tmp_path / "old")
    late = NOW + timedelta(days=23 * 365)

    with pytest.raises(KeyFileError, match="make a new root"):
        renew_seal(
            tmp_path / "new", root_key=old.root_key, root=old.root, now=late, serials=iter([1, 2])
        )


def test_a_root_that_names_no_station_is_of_no_ceremony(tmp_path):
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x"
    key, root = tmp_path / "key.pem", tmp_path / "root.pem"
    openssl(*command.split()[1:], "-days", "9000", "-keyout", key, "-out", root)

    with pytest.raises(KeyFileError, match="names no station"):
        renew_seal(tmp_path / "new", root_key=key, root=root, now=NOW, serials=iter([1, 2]))


def test_another_log_key_is_made_beside_the_first_and_never_over_one(tmp_path):
    path = make_log_key(tmp_path / "new")
    key = LogKey.load(path)
    assert (path.parent / "log.pub.pem").read_bytes() == key.public_pem
    with pytest.raises(KeyFileError):
        make_log_key(tmp_path / "new")
    assert LogKey.load(path).public == key.public

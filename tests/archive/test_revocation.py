"""What is known of revoked certificates when a bundle is sealed, before OpenSSL and DigiDoc."""

import subprocess
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from archive.ceremony import make_keys, renew_list
from archive.errors import KeyFileError
from archive.revocation import CRL_LASTS, Responder, Revocation, Revoked, read_lists
from archive.seal import Seal

NOW = datetime.now(UTC).replace(microsecond=0)


def certificate(path):
    return x509.load_pem_x509_certificate(path.read_bytes())


def sealing(keys):
    known = Revocation(read_lists([keys.crl]), Responder.load(keys.ocsp_key, keys.ocsp))
    return Seal.load(keys.seal_key, keys.seal, keys.root, known)


def renewed(keys, **more):
    return renew_list(keys.crl, root_key=keys.root_key, root=keys.root, **{"now": NOW} | more)


def openssl(*arguments):
    return subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)


def test_the_ceremony_makes_a_list_with_nobody_in_it_that_openssl_believes(keys):
    said = openssl("crl", "-in", keys.crl, "-CAfile", keys.root, "-noout", "-text")

    assert "verify OK" in said.stderr
    assert "No Revoked Certificates" in said.stdout
    (made,) = read_lists([keys.crl])
    assert made.next_update_utc - made.last_update_utc == CRL_LASTS


def test_openssl_accepts_the_seal_with_the_list_and_refuses_it_once_revoked(keys):
    check = ("verify", "-crl_check", "-CAfile", keys.root, "-CRLfile", keys.crl, keys.seal)
    assert openssl(*check).returncode == 0

    serial = certificate(keys.seal).serial_number
    renewed(keys, now=datetime.now(UTC), revoked=[Revoked(serial, NOW)])

    assert "certificate revoked" in openssl(*check).stderr


def test_a_list_that_is_renewed_keeps_what_was_revoked_with_its_first_date(keys):
    reason = x509.ReasonFlags.key_compromise
    renewed(keys, revoked=[Revoked(7, NOW - timedelta(days=2), reason)])
    made = renewed(keys, revoked=[Revoked(7, NOW), Revoked(8, NOW)])

    assert sorted(one.serial_number for one in made) == [7, 8]
    old = made.get_revoked_certificate_by_serial_number(7)
    assert old.revocation_date_utc == NOW - timedelta(days=2)
    assert old.extensions.get_extension_for_class(x509.CRLReason).value.reason is reason
    assert made.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 3


def test_a_root_of_before_begins_its_list(keys):
    keys.crl.unlink()

    assert renewed(keys).extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 1


def test_a_list_of_another_root_is_not_renewed(keys, tmp_path):
    other = make_keys(tmp_path / "other", station="station-1", now=NOW, serials=count(1))
    before = keys.crl.read_bytes()

    with pytest.raises(KeyFileError, match="not signed by this root"):
        renew_list(keys.crl, root_key=other.root_key, root=other.root, now=NOW)
    with pytest.raises(KeyFileError, match="is not the key of the root"):
        renew_list(keys.crl, root_key=other.root_key, root=keys.root, now=NOW)
    with pytest.raises(KeyFileError, match=r"none: No such file.*in the safe"):
        renew_list(keys.crl, root_key=tmp_path / "none", root=keys.root, now=NOW)
    with pytest.raises(KeyFileError, match="are not a key and a certificate"):
        renew_list(keys.crl, root_key=keys.root, root=keys.root, now=NOW)
    assert keys.crl.read_bytes() == before


def test_a_revoked_certificate_seals_nothing_more(keys):
    serial = certificate(keys.seal).serial_number
    renewed(keys, revoked=[Revoked(serial, NOW)])

    with pytest.raises(KeyFileError, match=r"is revoked since .*; make a new seal certificate"):
        sealing(keys).sign(b"x", now=NOW + timedelta(seconds=1))


def test_openssl_believes_the_responder_under_the_root(keys, tmp_path):
    answer = tmp_path / "answer"
    answer.write_bytes(sealing(keys).answer(NOW))

    said = openssl(
        *("ocsp", "-respin", answer, "-issuer", keys.root, "-sha256", "-cert", keys.seal),
        *("-CAfile", keys.root, "-no_nonce"),
    )

    assert said.returncode == 0, said.stderr
    assert f"{keys.seal}: good" in said.stdout


def test_without_a_responder_or_a_list_of_the_issuer_there_is_no_answer(keys, tmp_path):
    other = make_keys(tmp_path / "other", station="station-1", now=NOW, serials=count(1))
    responder = Responder.load(keys.ocsp_key, keys.ocsp)
    for known in (
        Revocation(read_lists([keys.crl])),
        Revocation((), responder),
        # Its root has the same name, and another key.
        Revocation(read_lists([other.crl]), responder),
    ):
        seal = Seal.load(keys.seal_key, keys.seal, keys.root, known)
        assert seal.answer(NOW) is None
    assert Revocation().responder_pem == b""


def test_lists_are_read_in_both_encodings(keys, tmp_path):
    (pem,) = read_lists([keys.crl])
    (tmp_path / "crl").write_bytes(pem.public_bytes(Encoding.DER))

    assert read_lists([tmp_path / "crl"]) == (pem,)


def test_what_is_no_list_is_said_so(keys, tmp_path):
    with pytest.raises(KeyFileError, match="holds no list"):
        read_lists([keys.root])
    with pytest.raises(KeyFileError, match=r"none: No such file.*stationctl keys crl"):
        read_lists([tmp_path / "none"])


def test_a_responder_is_a_pair_of_files_made_for_it(keys, tmp_path):
    with pytest.raises(KeyFileError, match=r"none: No such file.*stationctl keys init"):
        Responder.load(tmp_path / "none", keys.ocsp)
    with pytest.raises(KeyFileError, match="can be reached by other users"):
        Responder.load(keys.ocsp, keys.ocsp)
    with pytest.raises(KeyFileError, match="is not the P-256 key of"):
        Responder.load(keys.seal_key, keys.ocsp)
    with pytest.raises(KeyFileError, match="is not the P-256 key of"):
        Responder.load(keys.log_key, keys.ocsp)
    with pytest.raises(KeyFileError, match="is not for OCSP answers"):
        Responder.load(keys.seal_key, keys.seal)


def test_the_place_where_the_list_is_published_stands_in_the_seal_certificate(tmp_path):
    url = "https://alarm.example.com/root.crl"
    made = make_keys(tmp_path, station="s", now=NOW, serials=count(1), crl_url=url)

    places = certificate(made.seal).extensions.get_extension_for_class(x509.CRLDistributionPoints)

    assert [one.full_name[0].value for one in places.value] == [url]

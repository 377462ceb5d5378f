"""What steps 5 and 6 say; `test_verify` and `test_xades_check` show the rest."""

import os
import re
import shutil
import subprocess
import sys
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pydigidoc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    load_der_private_key,
    load_pem_private_key,
)

from archive import openssl
from archive.container import pack
from archive.findings import Outcome
from archive.revocation import Revoked, new_list
from archive.seal import Seal
from archive.stamping import Panel, signed_by
from archive.verify import examine
from archive.xades import SIGNATURES
from archive.xades_check import read_form
from tests.archive.spoils import CONTAINER, Workbench, in_twice


def test_a_signature_that_is_no_xml_is_named_once_in_its_step(sealed, station) -> None:
    (sealed.folder / SIGNATURES).write_bytes(b"<no/>")

    report = examine(sealed.folder, station.anchors, processes=1)

    faults = [it for it in report.findings if it.subject == SIGNATURES]
    assert [(it.step, it.outcome) for it in faults] == [("signature", Outcome.FAILED)]


def test_a_signer_that_cannot_be_read_did_not_sign_the_container(sealed, station) -> None:
    (sealed.folder / "trust/signer.pem").write_bytes(
        b"-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----\n"
    )

    report = examine(sealed.folder, station.anchors, processes=1)

    assert f"{SIGNATURES}" in report.failed_subjects()
    assert "does not have the certificates of trust/signer.pem" in str(report)


@pytest.mark.parametrize("name", ["tagmanifest-sha256.txt.p7s", "tagmanifest-sha256.txt.tsr"])
def test_a_seal_or_stamp_that_is_away_does_not_end_the_steps(name, sealed, station) -> None:
    (sealed.folder / name).unlink()

    report = examine(sealed.folder, station.anchors, processes=1)

    assert name in report.failed_subjects()
    assert any(it.step == "rows" for it in report.findings)


def test_every_record_file_of_a_container_without_volumes_must_be_signed(sealed, station) -> None:
    # In a folder it cannot be told whether a file came from a volume; in a container it can.
    shutil.rmtree(sealed.folder / "META-INF")
    (sealed.folder / "mimetype").unlink()
    sealed.container.unlink()
    sign = signed_by(station.seal, Panel(station.authority), station.now)

    container = pack(
        sealed.folder,
        sealed.container,
        lambda files: sign([one for one in files if "/records/" not in one.name]),
    )

    report = examine(container, station.anchors, processes=1)
    assert report.failed_subjects() == {
        "data/records/seg-000001.jsonl",
        "data/records/seg-000001.csv",
    }


# --- Revoked certificates ---


def listed(station, *revoked: Revoked, after: timedelta = timedelta(minutes=1)) -> bytes:
    """Return a newer list of the station's root, as one would fetch it."""
    key = load_pem_private_key((station.folder / "root.key.pem").read_bytes(), None)
    root = x509.load_pem_x509_certificate(station.root_pem)
    made = new_list(root, key, now=station.now + after, number=2, revoked=revoked)
    return made.public_bytes(Encoding.PEM)


def serial(station) -> int:
    return x509.load_pem_x509_certificate(station.seal.certificate_pem).serial_number


def said(report, step: str) -> str:
    return "\n".join(it.text for it in report.findings if it.step == step)


def test_the_lists_in_the_bundle_say_that_the_seal_was_not_revoked(sealed, station) -> None:
    report = examine(sealed.folder, station.anchors, processes=1)

    assert report.outcome is Outcome.PASSED
    assert "was not revoked, as its issuer's list of" in said(report, "signature")
    assert not [it for it in report.not_checked if "revoked" in it]


def test_a_seal_of_before_its_revocation_holds_and_that_is_told(sealed, station) -> None:
    crl = listed(station, Revoked(serial(station), station.now + timedelta(seconds=30)))

    report = examine(sealed.folder, replace(station.anchors, crls_pem=crl), processes=1)

    assert report.outcome is Outcome.PASSED, str(report)
    assert "after this of" in said(report, "signature")


def test_a_seal_of_after_its_revocation_does_not_hold(sealed, station) -> None:
    crl = listed(station, Revoked(serial(station), station.now))

    report = examine(sealed.folder, replace(station.anchors, crls_pem=crl), processes=1)

    assert report.failed_subjects() == {"trust/signer.pem"}
    assert "was revoked on" in str(report)


def test_a_list_given_that_is_none_or_not_the_issuers_is_told(
    sealed, station, other_station
) -> None:
    for crl, outcome in (
        (b"no list", Outcome.UNDECIDED),
        (listed(other_station), Outcome.FAILED),
        (b"-----BEGIN X509 CRL-----\n*\n-----END X509 CRL-----", Outcome.FAILED),
    ):
        report = examine(sealed.folder, replace(station.anchors, crls_pem=crl), processes=1)
        assert report.outcome is outcome
        assert report.failed_subjects() == {"the list given"}


def test_no_stamp_of_an_authority_that_lost_its_key_counts(sealed, station) -> None:
    (certificate,) = openssl.certificates(authority_pem(station))
    number = x509.load_der_x509_certificate(certificate).serial_number
    lost = Revoked(number, station.now + timedelta(hours=1), x509.ReasonFlags.key_compromise)
    crl = new_list(
        x509.load_pem_x509_certificate(station.authority.trust_pem),
        load_der_private_key(station.authority.trial.root_key, None),
        now=station.now + timedelta(hours=2),
        revoked=[lost],
    ).public_bytes(Encoding.PEM)

    report = examine(sealed.folder, replace(station.anchors, crls_pem=crl), processes=1)

    assert report.failed_subjects() == {
        *("META-INF/signatures0.xml", "tagmanifest-sha256.txt.p7s", "tagmanifest-sha256.txt.tsr")
    }
    assert "no stamp of it counts" in said(report, "timestamp")


def authority_pem(station) -> bytes:
    return x509.load_der_x509_certificate(station.authority.trial.certificate).public_bytes(
        Encoding.PEM
    )


def test_without_any_list_it_is_told_that_this_was_not_checked(
    station, short_history, tmp_path
) -> None:
    bare = replace(station, seal=seal_without_lists(station))
    finished = bare.make(bare.source(lambda: short_history(20)), tmp_path)

    report = examine(finished.files[-1].path, station.anchors, processes=1)

    assert report.outcome is Outcome.PASSED, str(report)
    unknown = "whether it was revoked by then: no list of its issuer covers that time"
    assert [it for it in report.not_checked if "revoked" in it] == [
        f"the seal's certificate: {unknown}",
        f"the authority's certificate: {unknown}",
    ]


def seal_without_lists(station) -> Seal:
    files = (station.folder / name for name in ("seal.key.pem", "seal.pem", "root.pem"))
    return Seal.load(*files)


def test_an_answer_of_another_moment_or_station_is_refused(sealed, station, other_station) -> None:
    place = sealed.folder / SIGNATURES
    document = place.read_bytes()
    ours = b64encode(read_form(document).answer)
    for answer in (
        station.seal.answer(station.now - timedelta(hours=1)),
        other_station.seal.answer(station.now),
        b"",
    ):
        place.write_bytes(document.replace(ours, b64encode(answer)))
        assert examine(sealed.folder, station.anchors, processes=1).failed_subjects() == {
            SIGNATURES
        }


# In a network of its own, where there is nobody: it would ask for the list of lists.
DIGIDOC = """
import ctypes
import sys
import pydigidoc
ctypes.CDLL(None).unshare(0x50000000)
pydigidoc.initialize_lib("stationd-test", sys.argv[2])
container = pydigidoc.Container.open(sys.argv[1])
(signature,) = container.signatures()
try:
    signature.validate()
except RuntimeError as error:
    print(error)
"""

# The station and its authority are on no list of the European Union's; each line says so of one of
# the three certificates.
UNLISTED = re.compile(
    r"Signature validation|Unable to verify signing certificate|Certificate status: unknown"
    r"|unable to get local issuer certificate|Failed to verify OCSP Responder certificate"
    r"|error:\w+:(time stamp|OCSP) routines::certificate verify error"
)


OFFLINE = "".join(
    f'<param name="{name}">{value}</param>'
    for name, value in (("tsl.autoupdate", "false"), ("tsl.timeOut", "1"))
)


def digidoc(container: Path, home: Path) -> list[str]:
    """Return what libdigidocpp says against a container's signature."""
    schema = shutil.copytree(
        Path(pydigidoc.__file__).parent / "schema", home / "schema", dirs_exist_ok=True
    )
    (schema / "digidocpp.conf").write_text(f"<configuration>{OFFLINE}</configuration>")
    done = subprocess.run(
        [sys.executable, "-c", DIGIDOC, container, schema],
        capture_output=True,
        check=True,
        env={"HOME": str(home), "PATH": os.environ["PATH"]},
    )
    return done.stdout.decode().splitlines()


def test_digidoc_has_nothing_to_say_but_that_it_was_not_told_of_the_station(
    sealed, tmp_path
) -> None:
    said = digidoc(sealed.container, tmp_path)

    assert "Certificate status: unknown" in said
    assert [line for line in said if not UNLISTED.fullmatch(line)] == []


def test_digidoc_has_nothing_to_say_of_a_second_stamp_either(
    proved_once, station, other_station, logbook, tmp_path
) -> None:
    bench = Workbench(proved_once.container, station, other_station, lambda: logbook, tmp_path)
    container = tmp_path / CONTAINER
    container.write_bytes(in_twice()(bench))

    said = digidoc(container, tmp_path)

    assert [line for line in said if not UNLISTED.fullmatch(line)] == []


def test_digidoc_misses_what_a_bundle_without_lists_does_not_have(
    station, short_history, tmp_path
) -> None:
    bare = replace(station, seal=seal_without_lists(station))
    finished = bare.make(bare.source(lambda: short_history(20)), tmp_path)

    assert "RevocationValues object is missing" in digidoc(finished.files[-1].path, tmp_path)

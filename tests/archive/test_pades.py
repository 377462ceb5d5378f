"""The signature inside the report, before `pdfsig` and pyHanko."""

import shutil
import subprocess
from io import BytesIO
from pathlib import Path

import pytest
from asn1crypto import pem, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature, validate_pdf_timestamp
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko_certvalidator import ValidationContext

from archive.build import report_signed_by
from archive.errors import AuthorityRefusedError


def certificates(text: bytes) -> list[x509.Certificate]:
    return [x509.Certificate.load(der) for _, _, der in pem.unarmor(text, multiple=True)]


@pytest.fixture
def unsigned(station, short_history, tmp_path) -> Path:
    built = station.bag(station.source(lambda: short_history(20)), tmp_path / "work")
    return built.folder / "alarm-history.pdf"


@pytest.fixture
def signed(station, unsigned) -> Path:
    copy = Path(shutil.copy(unsigned, unsigned.parent / "signed.pdf"))
    report_signed_by(station.seal, station.authority, station.now)(copy)
    return copy


def pdfsig(path: Path) -> str:
    program = shutil.which("pdfsig") or "pdfsig"
    return subprocess.run(
        [program, "-nocert", path], capture_output=True, check=False
    ).stdout.decode()


def test_what_was_written_stays_as_it_was_and_the_signature_comes_behind_it(
    unsigned, signed
) -> None:
    assert signed.read_bytes().startswith(unsigned.read_bytes())


def test_pdfsig_confirms_the_signature(signed) -> None:
    said = pdfsig(signed)

    assert "ETSI.CAdES.detached" in said
    assert "Signature is Valid" in said


def test_pdfsig_sees_a_changed_byte(signed) -> None:
    content = bytearray(signed.read_bytes())
    content[200] ^= 1
    signed.write_bytes(content)

    assert "Signature is Valid" not in pdfsig(signed)


def test_pyhanko_confirms_signature_and_stamp_and_finds_the_certificates_inside(
    signed, station
) -> None:
    reader = PdfFileReader(BytesIO(signed.read_bytes()))
    roots = [*certificates(station.seal.root_pem), *certificates(station.authority.trust_pem)]

    def trusting() -> ValidationContext:
        # Nothing but roots is given: what lies between must be in the file.
        return ValidationContext(trust_roots=roots, revocation_mode="soft-fail", moment=station.now)

    (signature,) = reader.embedded_regular_signatures
    status = validate_pdf_signature(signature, trusting(), trusting())
    assert status.bottom_line
    assert status.timestamp_validity.valid
    assert status.signing_cert.subject.native["common_name"] == "station-1 evidence seal"
    (stamp,) = reader.embedded_timestamp_signatures
    judged = validate_pdf_timestamp(stamp, trusting())
    assert judged.valid
    assert judged.trusted
    assert "/DSS" in reader.root


def test_the_lists_of_revoked_certificates_are_in_the_file(signed, station) -> None:
    reader = PdfFileReader(BytesIO(signed.read_bytes()))

    inside = [one.get_object().data for one in reader.root["/DSS"]["/CRLs"]]

    assert sorted(inside) == sorted(station.seal.revocation.der)


def test_pyhanko_needs_no_list_that_the_file_does_not_have(signed, station) -> None:
    reader = PdfFileReader(BytesIO(signed.read_bytes()))
    (signature,) = reader.embedded_regular_signatures
    roots = [*certificates(station.seal.root_pem), *certificates(station.authority.trust_pem)]

    def strict() -> ValidationContext:
        return DocumentSecurityStore.read_dss(reader).as_validation_context(
            {"trust_roots": roots, "revocation_mode": "hard-fail", "moment": station.now}
        )

    status = validate_pdf_signature(signature, strict(), strict())

    assert status.bottom_line
    assert status.timestamp_validity.trusted


def test_an_authority_that_leads_to_no_certificate_given_is_refused(
    station, other_station, unsigned
) -> None:
    before = unsigned.read_bytes()

    with pytest.raises(AuthorityRefusedError, match="cannot be signed so that it can be checked"):
        station.seal.sign_pdf(
            unsigned,
            now=station.now,
            stamp_hash=station.authority.stamp_hash,
            trusted_pem=other_station.authority.trust_pem,
        )

    assert unsigned.read_bytes() == before

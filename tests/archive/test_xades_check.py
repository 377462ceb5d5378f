"""The one form that is accepted, and everything else that is not."""

import re
import shutil
import zipfile
from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive import manifest, openssl, xades_check
from archive.container import media_type, pack
from archive.stamping import Panel, signed_by
from archive.verify import examine
from archive.xades_check import NAME, NO_VALUES, Values, XadesError, problems, read_form


@pytest.fixture
def document(sealed) -> bytes:
    return (sealed.folder / NAME).read_bytes()


@pytest.fixture
def files(sealed) -> dict[str, str]:
    names = (p for p in sealed.folder.rglob("*") if p.is_file())
    inside = {p.relative_to(sealed.folder).as_posix(): p for p in names}
    return {
        name: manifest.file_sha256(path).sha256
        for name, path in inside.items()
        if not name.startswith("META-INF/") and name != "mimetype"
    }


@pytest.fixture
def faults(station):
    """Return what is wrong with a document, in a bundle of the station."""
    seal = station.seal.revocation
    (authority,) = openssl.certificates(station.authority.trust_pem)
    values = Values([authority], seal.der, answers=True)

    def faults(document: bytes, files: dict[str, str]) -> list[tuple[str, str]]:
        return list(problems(read_form(document), files, values))

    return faults


def test_the_writers_document_is_of_the_form(document, files, faults) -> None:
    form = read_form(document)

    assert faults(document, files) == []
    assert form.halves
    assert len(form.value) == 64
    assert len(form.references) == len(files)


def test_a_file_that_is_not_signed_is_named(document, files, faults) -> None:
    assert ("data/new.json", f"is not signed by {NAME}") in faults(
        document, {**files, "data/new.json": "00" * 32}
    )


def test_a_signed_file_that_is_away_is_named(document, files, faults) -> None:
    del files["README.txt"]

    assert ("README.txt", f"is signed by {NAME} and not in the container") in faults(
        document, files
    )


def test_a_changed_file_is_named(document, files, faults) -> None:
    files["README.txt"] = "00" * 32

    assert faults(document, files) == [("README.txt", f"does not have the hash that {NAME} signs")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<ds:KeyInfo>", b"<ds:KeyInfo> "),
        (b"text/plain", b"text/other"),
        (b"2001/04/xmlenc#sha256", b"2001/04/xmlenc#sha512"),
        (b"</asic:XAdESSignatures>\n", b"</asic:XAdESSignatures>\n<!-- more -->"),
        (b'Id="S0"', b'Id="S1"'),
    ],
    ids=["white space", "media type", "digest method", "a comment", "another id"],
)
def test_anything_that_is_not_of_the_form_is_refused(old, new, document, files, faults) -> None:
    changed = document.replace(old, new, 1)

    assert changed != document
    assert faults(changed, files) == [
        (NAME, "is not, byte for byte, of the form that a bundle has")
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda _: b"",
        lambda _: "Ä".encode(),
        lambda text: text.replace(b"ecdsa-sha256", b"hmac-sha1"),
        lambda text: text.replace(b"<ds:SignatureValue", b"<ds:Value", 1),
        lambda text: text + text,
        lambda text: text.replace(b"X509Certificate", b"X509Cert"),
        lambda text: text.replace(b"ds:SignedInfo", b"ds:Info"),
        lambda text: text.replace(b"</ds:SignedInfo>", b"</ds:SignedInfo >"),
        lambda text: re.sub(rb"SigningTime>\d{4}-\d\d", b"SigningTime>2026-13", text),
    ],
    ids=[
        *("empty", "not ASCII", "algorithm", "no value", "twice", "no certificate", "no info"),
        *("no end of info", "no date"),
    ],
)
def test_what_cannot_be_read_at_all_is_said_so(change, document) -> None:
    with pytest.raises(XadesError, match="not a signature of the form"):
        read_form(change(document))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<xades:CRLValues>", b"<xades:CRLValues> "),
        (b"</xades:CertificateValues>", b"</xades:CertificateValues><xades:CertificateValues/>"),
        (b"<xades:OCSPValues>", b"<xades:OCSPValues><!---->"),
    ],
)
def test_nothing_can_be_added_to_what_a_later_check_needs(
    old, new, document, files, faults
) -> None:
    changed = document.replace(old, new, 1)

    assert changed != document
    assert faults(changed, files) == [
        (NAME, "is not, byte for byte, of the form that a bundle has")
    ]


def test_a_certificate_value_that_the_bundle_does_not_have_is_refused(
    document, files, other_station, station, faults
) -> None:
    ours, theirs = (
        b64encode(openssl.certificates(one.authority.trust_pem)[0])
        for one in (station, other_station)
    )

    assert faults(document.replace(ours, theirs, 1), files) == [
        (NAME, "is not, byte for byte, of the form that a bundle has")
    ]


def test_values_in_a_bundle_that_has_no_lists_are_refused(document, files) -> None:
    assert list(problems(read_form(document), files, NO_VALUES)) == [
        (NAME, "is not, byte for byte, of the form that a bundle has")
    ]


def test_two_answers_on_one_certificate_are_refused(document) -> None:
    start = document.index(b"<xades:EncapsulatedOCSPValue>")
    end = document.index(b"</xades:OCSPValues>")

    with pytest.raises(XadesError, match="more than one answer"):
        read_form(document[:end] + document[start:end] + document[end:])


def test_a_stamp_that_is_none_is_said_so(document) -> None:
    start = document.index(b"EncapsulatedTimeStamp>") + len(b"EncapsulatedTimeStamp>")
    end = document.index(b"<", start)

    with pytest.raises(XadesError, match="no stamp that can be read"):
        read_form(document[:start] + b64encode(b"no token") + document[end:])


def test_a_value_of_another_length_is_refused(document) -> None:
    value = read_form(document).value

    with pytest.raises(XadesError):
        read_form(document.replace(b64encode(value), b64encode(value[:-1])))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_no_byte_of_it_can_be_changed_unnoticed(data, sealed, station) -> None:
    place = sealed.folder / NAME
    whole = place.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[at]))

    place.write_bytes(whole[:at] + bytes([other]) + whole[at + 1 :])

    try:
        report = examine(sealed.folder, station.anchors, processes=1)
        assert NAME in report.failed_subjects()
    finally:
        place.write_bytes(whole)


def test_signature_and_stamp_of_the_list_are_signed_too(sealed, station) -> None:
    for name in (manifest.SIGNATURE, manifest.STAMP):
        place = sealed.folder / name
        place.write_bytes(place.read_bytes() + b"\0")

    report = examine(sealed.folder, station.anchors, processes=1)

    assert {manifest.SIGNATURE, manifest.STAMP} <= report.failed_subjects()


def test_a_container_whose_signature_was_taken_out_is_refused(sealed, station) -> None:
    (sealed.folder / NAME).unlink()

    report = examine(sealed.folder, station.anchors, processes=1)

    assert NAME in report.failed_subjects()
    assert "is missing, and bag-info.txt says that it is there" in str(report)


def test_another_certificate_of_ours_in_the_first_place_is_refused(sealed, station) -> None:
    place = sealed.folder / NAME
    form = read_form(place.read_bytes())
    swapped = place.read_bytes().replace(b64encode(form.chain[0]), b64encode(form.chain[1]), 1)

    place.write_bytes(swapped)

    assert NAME in examine(sealed.folder, station.anchors, processes=1).failed_subjects()


@pytest.mark.parametrize("place", [1, 2])
def test_a_certificate_that_was_added_is_refused(place, sealed, station, other_station) -> None:
    file = sealed.folder / NAME
    chain = [*read_form(file.read_bytes()).chain]
    shown = [b"<ds:X509Certificate>%s</ds:X509Certificate>" % b64encode(one) for one in chain]
    added = b"<ds:X509Certificate>%s</ds:X509Certificate>" % b64encode(other_station.seal.chain[1])
    rows = [*shown[:place], added, *shown[place:]]
    file.write_bytes(file.read_bytes().replace(b"".join(shown), b"".join(rows)))

    report = examine(sealed.folder, station.anchors, processes=1)

    assert report.failed_subjects() == {NAME}
    assert "does not have the certificates of trust/signer.pem and trust/root.pem" in str(report)


def test_a_signature_by_another_station_over_the_same_files_is_refused(
    sealed, station, other_station
) -> None:
    sign = signed_by(other_station.seal, Panel(station.authority), station.now)
    pack(bag(sealed.folder), sealed.folder.parent / "theirs.asice", sign)
    with zipfile.ZipFile(sealed.folder.parent / "theirs.asice") as theirs:
        (sealed.folder / NAME).write_bytes(theirs.read(NAME))

    report = examine(sealed.folder, station.anchors, processes=1)

    assert report.failed_subjects() == {NAME}
    assert "does not hold under the root" in str(report)


def bag(folder: Path) -> Path:
    """Return a copy of an unpacked container that can be packed again."""
    copy = Path(shutil.copytree(folder, folder.parent / "bag"))
    shutil.rmtree(copy / "META-INF")
    (copy / "mimetype").unlink()
    return copy


def test_the_checker_and_the_writer_give_files_the_same_media_types() -> None:
    for ending, kind in xades_check._KINDS.items():
        assert media_type(f"x.{ending}") == kind

"""What steps 5 and 6 say; `test_verify` and `test_xades_check` show the rest."""

import shutil

import pytest

from archive.build import signed_by
from archive.container import pack
from archive.findings import Outcome
from archive.verify import examine
from archive.xades import SIGNATURES


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
    sign = signed_by(station.seal, station.authority, station.now)

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

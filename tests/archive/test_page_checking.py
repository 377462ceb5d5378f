"""What the page says of a bundle, beside the findings that all verifiers share."""

import re
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import NameOID

from archive.ceremony import key_usage
from archive.findings import Anchors, Outcome
from archive.seal import Seal
from archive.seal_keys import FileKey
from archive.verify import examine
from tests.archive.spoiling import sealed_anew, unzipped, zipped
from tests.archive.spoils import CONTAINER, Workbench, rekeyed
from tests.page.chromium import Tab
from tests.page.verifying import PAGE, VerifyingPage, eventually


def fingerprint(pem: bytes, folder: Path, *, key: bool = False) -> str:
    """Return what openssl says of a file that one was given."""
    (folder / "given.pem").write_bytes(pem)
    if key:
        der = ["openssl", "pkey", "-pubin", "-in", "given.pem", "-outform", "DER"]
        made = subprocess.run(der, cwd=folder, capture_output=True, check=True)
        hashed = subprocess.run(
            ["openssl", "dgst", "-sha256"], input=made.stdout, capture_output=True, check=True
        )
        return hashed.stdout.decode().rsplit("= ", 1)[1].strip()
    command = ["openssl", "x509", "-in", "given.pem", "-noout", "-fingerprint", "-sha256"]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=True
    ).stdout.strip()


def type_in(tab: Tab, **texts: str) -> None:
    for name, text in texts.items():
        tab.run(
            f"(() => {{ const it = document.getElementById('{name}'); it.value = {text!r};"
            " it.dispatchEvent(new Event('input')); })()"
        )


def words(tab: Tab, selector: str) -> str:
    return str(tab.run(f"document.querySelector({selector!r}).innerText"))


def failed(report: dict[str, Any]) -> set[str]:
    return {it["subject"] for it in report["findings"] if it["outcome"] != "passed"}


def test_fingerprints_stand_for_the_files(page: VerifyingPage, proved_once, station, tmp_path):
    page.start()
    type_in(
        page.tab,
        root=fingerprint(station.root_pem, tmp_path),
        tsa=fingerprint(station.authority.trust_pem, tmp_path),
        log=fingerprint(station.log_pub_pem, tmp_path, key=True),
        crls="",
    )

    report = page.check(proved_once.container)

    assert report["outcome"] == "passed", report["findings"]
    assert not any("own word" in text for text in report["not_checked"])


def test_the_fingerprint_of_a_log_key_of_before_leads_to_the_one_of_now(
    page: VerifyingPage, proved_once, station, other_station, logbook, tmp_path
) -> None:
    bench = Workbench(proved_once.container, station, other_station, lambda: logbook, tmp_path)
    container = tmp_path / CONTAINER
    container.write_bytes(rekeyed()(bench))
    page.start()
    trusted = {"root": station.root_pem, "tsa": station.authority.trust_pem}
    prints = {name: fingerprint(pem, tmp_path) for name, pem in trusted.items()}

    for key, outcome in ((station.log_pub_pem, "passed"), (other_station.root_pem, "failed")):
        log = fingerprint(key, tmp_path, key=outcome == "passed")
        type_in(page.tab, **prints, log=log, crls="")
        assert page.check(container)["outcome"] == outcome


def test_another_fingerprint_is_refused(
    page: VerifyingPage, proved_once, station, other_station, tmp_path
) -> None:
    page.start()
    type_in(page.tab, root=fingerprint(other_station.root_pem, tmp_path), tsa="", log="", crls="")

    report = page.check(proved_once.container)

    assert report["outcome"] == "failed"
    assert {"trust/root.pem", "tagmanifest-sha256.txt.p7s"} <= failed(report)


def test_without_a_root_nothing_is_said_of_who_sealed_it(page: VerifyingPage, proved_once):
    page.start()
    type_in(page.tab, root="", tsa="", log="", crls="")

    report = page.check(proved_once.container)

    assert report["outcome"] == "undecided"
    assert "tagmanifest-sha256.txt.p7s" in failed(report)
    assert "Not everything could be decided" in words(page.tab, "#verdict")
    assert sum("own word" in text for text in report["not_checked"]) == 2
    assert "own word" in words(page.tab, "#not-checked")


def test_the_text_of_a_file_may_be_given(page: VerifyingPage, proved_once, station) -> None:
    page.start()
    type_in(page.tab, root=station.root_pem.decode().replace("\n", " "), tsa="", log="", crls="")

    report = page.check(proved_once.container)

    assert report["outcome"] == "passed", report["findings"]


def test_a_bundle_with_its_volumes_passes(
    page: VerifyingPage, station, tmp_path, short_history, monkeypatch
) -> None:
    monkeypatch.setattr("archive.container.MAIN_RECORDS_LIMIT", 1000)
    finished = station.make(station.source(lambda: short_history(110)), tmp_path)
    *volumes, container = (file.path for file in finished.files)

    whole = page.examine(container, station.anchors, beside=volumes)
    alone = page.examine(container, station.anchors)

    assert whole["outcome"] == "passed", whole["findings"]
    assert alone["outcome"] == "undecided"
    said = examine(container, station.anchors, processes=1)
    assert failed(whole) == said.failed_subjects() == set()
    volumes[0].unlink()
    assert failed(alone) == examine(container, station.anchors, processes=1).failed_subjects()


def test_several_workers_say_the_same_as_one(page: VerifyingPage, proved_once, station) -> None:
    alone = page.examine(proved_once.container, station.anchors)
    page.tab.run("document.documentElement.dataset.worthHelpers = '0'")
    several = page.examine(proved_once.container, station.anchors)
    page.tab.run("document.documentElement.dataset.worthHelpers = '8388608'")

    assert several == alone


def test_a_second_volume_of_the_name_is_the_one_that_counts(
    page: VerifyingPage, station, tmp_path, short_history, monkeypatch
) -> None:
    monkeypatch.setattr("archive.container.MAIN_RECORDS_LIMIT", 1000)
    finished = station.make(station.source(lambda: short_history(60)), tmp_path)
    volume, container = (file.path for file in finished.files)
    raw = bytearray(volume.read_bytes())
    raw[len(raw) // 2] ^= 1
    volume.write_bytes(raw)

    report = page.examine(container, station.anchors, beside=[volume])

    assert volume.name in failed(report)
    assert failed(report) == examine(container, station.anchors, processes=1).failed_subjects()


def test_an_rsa_seal_holds_too(page: VerifyingPage, proved_once, station, tmp_path) -> None:
    key = rsa.generate_private_key(65537, 3072)
    root = x509.load_pem_x509_certificate(station.root_pem)
    signer: Any = load_pem_private_key((station.folder / "root.key.pem").read_bytes(), None)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "an RSA seal")]))
        .issuer_name(root.subject)
        .public_key(key.public_key())
        .serial_number(99)
        .not_valid_before(station.now - timedelta(days=1))
        .not_valid_after(station.now + timedelta(days=1))
        .add_extension(key_usage(signs_certificates=False), critical=True)
        .sign(signer, hashes.SHA256())
    )
    seal = Seal(
        key=FileKey(key), certificates=[certificate], root=root, revocation=station.seal.revocation
    )
    files = unzipped(proved_once.container) | {"trust/signer.pem": seal.certificate_pem}
    container = tmp_path / "rsa.asice"
    container.write_bytes(zipped(sealed_anew(files, replace(station, seal=seal))))

    report = page.examine(container, station.anchors)

    assert examine(container, station.anchors, processes=1).outcome is Outcome.PASSED
    assert report["outcome"] == "passed", report["findings"]


def test_each_step_is_told_in_words(page: VerifyingPage, proved_once, station) -> None:
    page.examine(proved_once.container, station.anchors)

    steps = page.tab.run("[...document.querySelectorAll('.step')].map(it => it.dataset.step)")
    assert steps == [
        *("container", "bag", "digests", "trust", "signature", "timestamp", "ledger"),
        *("proofs", "rows", "documents"),
    ]
    assert words(page.tab, "#steps").count("holds") >= 10
    assert "Everything that was checked holds" in words(page.tab, "#verdict")
    assert "PDF reader" in words(page.tab, "#not-checked")


def test_it_asks_the_network_for_nothing_and_throws_nothing(
    page: VerifyingPage, proved_once, station
) -> None:
    page.tab.open(PAGE.as_uri())
    page.examine(proved_once.container, station.anchors)

    asked = [it for it in page.tab.requested() if not it.startswith(("blob:", "data:"))]
    assert set(asked) <= {PAGE.as_uri()}
    thrown = [
        it
        for it in page.tab.events
        if it["method"] in {"Runtime.exceptionThrown", "Log.entryAdded"}
    ]
    assert thrown == []
    blocked = page.tab.run("fetch('http://127.0.0.1:9/').then(() => 'sent', () => 'blocked')")
    assert blocked == "blocked"


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_window(
    page: VerifyingPage, proved_once, station, width: int
) -> None:
    page.tab.size(width, 844)
    page.examine(proved_once.container, station.anchors)

    wide = page.tab.run("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0


def test_every_input_and_button_has_a_name(page: VerifyingPage) -> None:
    page.start()
    tree = page.tab.send("Accessibility.getFullAXTree")["nodes"]
    roles = {"button", "textbox", "checkbox", "searchbox", "link", "progressbar", "grid"}
    nameless = [
        node["role"]["value"]
        for node in tree
        if not node.get("ignored")
        and node.get("role", {}).get("value") in roles
        and not node.get("name", {}).get("value")
    ]
    assert nameless == []


def test_what_is_said_is_never_read_as_html(page: VerifyingPage, proved, station) -> None:
    evil = "<img src=x onerror=document.body.remove()>"
    page.start()
    page.trust(station.anchors)
    broken = proved.container.with_name("broken.asice")
    broken.write_bytes(proved.container.read_bytes().replace(b"README.txt", b"<b>DME.txt"))

    report = page.check(broken)

    assert "<b>DME.txt" in failed(report)
    assert page.tab.run("document.querySelectorAll('#steps b').length") == 0
    assert not re.search(re.escape(evil), page.tab.run("document.body.innerHTML"))


def test_a_report_is_kept_as_stationd_verify_prints_it(
    page: VerifyingPage, proved_once, station
) -> None:
    report = page.examine(proved_once.container, station.anchors)

    printed = examine(proved_once.container, station.anchors, processes=1).as_json()
    assert set(report) == {*printed, "station"}
    assert page.tab.run("document.getElementById('save').download") == (
        f"{proved_once.container.name}.report.json"
    )


def test_where_a_browser_gives_no_cryptography_nothing_is_passed(
    page: VerifyingPage, proved_once, station: Any
) -> None:
    anchors: Anchors = station.anchors
    page.start()
    page.trust(anchors)
    # As in a page that came over http: no crypto.subtle, in the worker.
    page.tab.run(
        "window.kept = document.getElementById('worker').textContent;"
        "document.getElementById('worker').textContent ="
        " 'Object.defineProperty(crypto, \"subtle\", {value: undefined});' + window.kept"
    )
    report = page.check(proved_once.container)
    page.tab.run("document.getElementById('worker').textContent = window.kept")

    assert report["outcome"] == "undecided"
    assert "open the page from a disk, or by https" in words(page.tab, "#steps")
    assert page.tab.run(eventually("true"))

import json
import shutil
import subprocess
from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.build import SourceDocument
from archive.compartment import (
    CompartmentSource,
    build_compartment,
    seal_compartment,
)
from archive.envelope import read_recipient
from archive.verify import examine
from tests.archive.redacting import secret, texts
from tests.stationd.recipients.certificates import make_certificate, opened


def document(seq: int, text: str) -> SourceDocument:
    salt = sha256(f"salt {text}".encode()).digest()[:16]
    doc = sha256(b"stationd:doc:v1\0" + salt + text.encode()).digest()
    return SourceDocument(
        doc=doc, salt=salt, content=text.encode(), media_type="text/plain", name="a.txt", seq=seq
    )


def compartment(*found: SourceDocument, name: str = "privileged", **more) -> CompartmentSource:
    return CompartmentSource(name=name, documents=lambda: iter(found), **more)


@pytest.fixture(scope="module")
def source(station, short_history):
    return station.source(lambda: short_history(10))


def test_building_it_twice_gives_the_same_content_id(source, station, tmp_path) -> None:
    one, two = (
        build_compartment(
            compartment(document(3, "letter of counsel")), source, station.trust, tmp_path / name
        )
        for name in "ab"
    )

    assert one is not None
    assert two is not None
    assert one.content_id == two.content_id
    index = json.loads((one.folder / "data/index.json").read_text())
    assert (index["compartment"], index["of"], index["documents"]) == ("privileged", source.base, 1)
    assert index["base"] == f"{source.base}-privileged"


def test_where_nothing_is_in_it_there_is_no_archive(source, station, tmp_path) -> None:
    assert build_compartment(compartment(), source, station.trust, tmp_path) is None


def test_facts_alone_make_an_archive(source, station, tmp_path) -> None:
    one = compartment(name="internal", facts={"codes": {"account": {"gate": "4711#"}}})

    built = build_compartment(one, source, station.trust, tmp_path)

    assert built is not None
    assert json.loads((built.folder / "data/facts.json").read_text())["codes"]


def test_only_its_reader_opens_it_and_the_four_commands_hold_inside(
    source, station, tmp_path
) -> None:
    pem, _ = make_certificate(tmp_path)
    built = build_compartment(
        compartment(document(3, "letter of counsel")), source, station.trust, tmp_path / "w" / "bag"
    )
    assert built is not None

    made = seal_compartment(
        built,
        [read_recipient(pem, station.now)],
        seal=station.seal,
        authority=station.authority,
        now=station.now,
        target=tmp_path / "out",
    )

    assert made.path.name == f"{source.base}-privileged.asice.p7m"
    assert not list((tmp_path / "w").glob("*.asice"))
    assert b"letter of counsel" not in made.path.read_bytes()
    plain = tmp_path / "plain.zip"
    plain.write_bytes(opened(made.path, tmp_path / "adler.key"))
    shutil.unpack_archive(plain, tmp_path / "in", "zip")
    said = [path.read_text() for path in (tmp_path / "in/data/documents").glob("*.txt")]
    assert said == ["letter of counsel"]
    (tmp_path / "root.pem").write_bytes(station.root_pem)
    (tmp_path / "tsa.pem").write_bytes(station.authority.trust_pem)
    tags = "tagmanifest-sha256.txt"
    cms = ["openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", f"{tags}.p7s"]
    cms += ["-content", tags, "-CAfile", str(tmp_path / "root.pem"), "-out", "/dev/null"]
    ts = ["openssl", "ts", "-verify", "-data", tags, "-in", f"{tags}.tsr"]
    ts += ["-CAfile", str(tmp_path / "tsa.pem")]
    sums = [["sha256sum", "-c", "--strict", name] for name in (tags, "manifest-sha256.txt")]
    for command in (cms, ts, *sums):
        subprocess.run(command, cwd=tmp_path / "in", check=True, capture_output=True)


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(places=st.lists(st.sampled_from(["producible", "internal", "privileged"]), max_size=6))
def test_each_document_is_in_the_archive_of_its_compartment_and_in_no_other(
    places, source, station, tmp_path_factory
) -> None:
    folder = tmp_path_factory.mktemp("places")
    found = {
        name: [document(seq, secret(seq, name)) for seq, one in enumerate(places, 1) if one == name]
        for name in ("producible", "internal", "privileged")
    }
    beside = [
        build_compartment(
            compartment(*found[name], name=name), source, station.trust, folder / name
        )
        for name in ("internal", "privileged")
    ]
    named = {one.name: one.content_id for one in beside if one is not None}
    whole = replace(source, documents=lambda: iter(found["producible"]), compartments=named)
    built = station.bag(whole, folder / "whole")

    folders = {"producible": built.folder} | {one.name: one.folder for one in beside if one}
    for name, place in folders.items():
        there = "\n".join(text for _, text in texts(place))
        held = {one: [it for it in found[one] if it.content.decode() in there] for one in found}
        assert held == {one: found[one] if one == name else [] for one in found}
        assert not any(it.salt.hex() in there for one in found if one != name for it in found[one])
    index = json.loads((built.folder / "data/index.json").read_text())
    assert index.get("compartments", []) == [
        {"content_id": named[name], "name": name} for name in sorted(named)
    ]


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        ({"internal": "ab" * 32, "privileged": "cd" * 32}, "passed"),
        ({"privileged": "ab" * 32}, "passed"),
        ({"secret": "ab" * 32}, "failed"),
        ({"internal": "ab"}, "failed"),
    ],
)
def test_how_a_bundle_names_them_is_checked(value, outcome, source, station, tmp_path) -> None:
    container = station.make(replace(source, compartments=value), tmp_path).files[-1].path

    assert str(examine(container, station.anchors).outcome) == outcome

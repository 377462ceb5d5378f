"""What a bundle keeps apart: documents of other compartments, codes, everybody else's data."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.build import build
from archive.seal import LogKey
from stationd.accounts.model import Contract, Customer, Opening, Site
from stationd.accounts.service import open_account
from stationd.bundles import gather, service
from stationd.bundles.model import Kind, OrderState
from stationd.bundles.work import Retention, Workshop, _compartments, prepare, run
from stationd.desk import Desk
from stationd.ledger.model import Origin, RecordDraft, RecordType
from stationd.ledger.service import LedgerTree
from stationd.ledger.store import append, store_document
from stationd.staff.model import Person
from tests.archive.redacting import secret, texts
from tests.stationd.recipients.certificates import make_certificate, opened

ORIGIN = "log.example.com/station-1"
RETENTION = Retention(closing=timedelta(days=3650), other=timedelta(days=730))
COMPARTMENTS = ("producible", "internal", "privileged")


def opening(acct: str) -> Opening:
    """Return an account every word of which is its own."""
    details = {"phone": secret(1, f"phone {acct}"), "gate_code": secret(1, f"code {acct}")}
    return Opening(
        customer=Customer(id=f"c{acct}", name=secret(1, f"name {acct}"), details=details),
        site=Site(
            id=f"s{acct}",
            customer_id=f"c{acct}",
            name=secret(1, f"site {acct}"),
            address=secret(1, f"address {acct}"),
            zone="UTC",
        ),
        contract=Contract(id=f"k{acct}", site_id=f"s{acct}", number=secret(1, f"contract {acct}")),
        acct=acct,
        details={"passcode": secret(2, f"code {acct}"), "systems": secret(2, f"systems {acct}")},
    )


def name_document(desk: Desk, acct: str, compartment: str, text: str) -> None:
    """Append a record to an account's chain that names a document."""
    with desk.database.writing() as connection:
        now = desk.clock.now()
        doc = store_document(
            connection,
            content=text.encode(),
            media_type="text/plain",
            name="a.txt",
            compartment=compartment,
            now=now,
            ids=desk.ids,
        )
        draft = RecordDraft(acct, RecordType.ACTION, Origin.HUMAN, {"doc": doc.hex(), "kind": "x"})
        append(connection, [draft], station=desk.station, now=now, ids=desk.ids)


@pytest.fixture
def accounts(desk: Desk, manager: Person) -> None:
    for acct in ("2001", "2002"):
        open_account(desk, opening(acct), by=manager)


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(placed=st.lists(st.tuples(st.sampled_from(["2001", "2002"]), st.sampled_from(COMPARTMENTS))))
@pytest.mark.usefixtures("accounts")
def test_what_is_produced_holds_no_other_account_no_other_compartment_and_no_code(
    desk: Desk,
    shop: Workshop,
    manager: Person,
    tree: LedgerTree,
    log_key: LogKey,
    tmp_path: Path,
    *,
    placed: list[tuple[str, str]],
) -> None:
    mark = desk.ids.identifier()
    said = [secret(at, f"{mark} {one}") for at, one in enumerate(placed)]
    for (acct, compartment), text in zip(placed, said, strict=True):
        name_document(desk, acct, compartment, text)
    order_id = service.order(desk, "2001", Kind.ON_REQUEST, manager)
    prepare(desk, order_id, tree, ORIGIN, log_key, RETENTION)
    source = gather.source(desk, service.read(desk, order_id), origin=ORIGIN)

    built = build(source, tmp_path / mark, trust=shop.trust, sign_report=lambda _: None)

    there = "\n".join(text for _, text in texts(built.folder))
    shown = [text for text in said if text in there]
    assert shown == [
        text for one, text in zip(placed, said, strict=True) if one == ("2001", "producible")
    ]
    whose = ("name", "phone", "code", "site", "address", "contract", "systems")
    others = [secret(at, f"{what} 2002") for at in (1, 2) for what in whose]
    codes = [secret(at, "code 2001") for at in (1, 2)]
    assert [word for word in (*others, *codes) if word in there] == []
    assert secret(1, "name 2001") in there
    assert secret(2, "systems 2001") in there


def test_what_is_kept_apart_lies_beside_the_bundle_for_its_readers_alone(
    desk: Desk,
    shop: Workshop,
    manager: Person,
    accounts: None,
    run_order: Callable[[Workshop, str], OrderState],
    tmp_path: Path,
) -> None:
    for compartment in COMPARTMENTS:
        name_document(desk, "2001", compartment, f"said in {compartment}")
    keys = {name: make_certificate(tmp_path, name)[0] for name in ("internal", "privileged")}
    order_id = service.order(desk, "2001", Kind.ON_REQUEST, manager)

    made = run_order(replace(shop, readers={name: [keys[name]] for name in keys}), order_id)

    assert made is OrderState.VERIFIED
    files = {one.file: Path(one.path) for one in service.objects(desk, order_id)}
    base = service.read(desk, order_id).name
    for name in keys:
        plain = tmp_path / f"{name}.zip"
        plain.write_bytes(opened(files[f"{base}-{name}.asice.p7m"], tmp_path / f"{name}.key"))
        shutil.unpack_archive(plain, tmp_path / name, "zip")
        held = [path.read_text() for path in (tmp_path / name / "data/documents").glob("*.txt")]
        assert f"said in {name}" in held
    facts = json.loads((tmp_path / "internal/data/facts.json").read_text())
    assert facts["codes"]["account"] == {"passcode": secret(2, "code 2001")}
    shutil.unpack_archive(files[f"{base}.asice"], tmp_path / "whole", "zip")
    index = json.loads((tmp_path / "whole/data/index.json").read_text())
    assert [one["name"] for one in index["compartments"]] == ["internal", "privileged"]
    receipt = json.loads(files["receipt.json"].read_text())
    assert f"{base}-privileged.asice.p7m" in [one["file"] for one in receipt["objects"]]


@pytest.fixture
def run_order(tree: LedgerTree, log_key: LogKey) -> Callable[[Workshop, str], OrderState]:
    return lambda shop, order_id: (
        run(shop, order_id, tree, log_key=log_key, retention=RETENTION).state
    )


@pytest.mark.usefixtures("accounts")
def test_a_compartment_that_nobody_may_read_or_that_is_empty_is_not_made(
    desk: Desk, shop: Workshop, manager: Person, tree: LedgerTree, log_key: LogKey, tmp_path: Path
) -> None:
    pem, _ = make_certificate(tmp_path)
    order_id = service.order(desk, "2001", Kind.ON_REQUEST, manager)
    prepare(desk, order_id, tree, ORIGIN, log_key, RETENTION)
    order = service.read(desk, order_id)
    source = gather.source(desk, order, origin=ORIGIN)

    def made(readers: dict[str, list[bytes]], name: str, **more: object) -> list[str]:
        found = _compartments(
            replace(shop, readers=readers), replace(order, **more), source, tmp_path / name
        )
        return [one.name for one, _ in found]

    assert made({}, "a") == []
    assert made({"privileged": [pem]}, "b") == []
    assert made({"internal": [pem], "privileged": [pem]}, "c") == ["internal"]
    assert made({"internal": [pem]}, "d", kind=Kind.REDACTED) == []

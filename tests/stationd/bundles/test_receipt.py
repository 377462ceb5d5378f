from datetime import UTC, datetime

from archive.canonical import decode
from stationd.bundles.model import Kind, Order, OrderState, StoredObject
from stationd.bundles.receipt import RECEIPT, SIGNATURE, receipt

NOW = datetime(2026, 5, 1, tzinfo=UTC)
ORDER = Order(
    id="o1",
    kind=Kind.CLOSING,
    acct="1234",
    epoch=1,
    case_id="c",
    ordered_by="worker",
    ordered_at=NOW,
    state=OrderState.BUILT,
    legal_hold=False,
    retry_at=NOW,
    checkpoint=9,
    name="base",
    content_id="cc",
    records=40,
)
HELD = StoredObject(
    order_id="o1",
    file="base.asice",
    key="bundles/base.asice",
    size=7,
    sha256="aa",
    path="/p",
    version_id="v1",
    retain_until=NOW,
    mode="COMPLIANCE",
)


def test_a_receipt_says_what_lies_where_under_which_lock() -> None:
    told = decode(receipt("st", ORDER, "s3 bucket worm", [HELD], NOW).rstrip(b"\n"))
    assert told == {
        "acct": "1234",
        "bundle": "base",
        "checkpoint": 9,
        "content_id": "cc",
        "epoch": 1,
        "kind": "closing",
        "objects": [
            {
                "file": "base.asice",
                "key": "bundles/base.asice",
                "legal_hold": False,
                "mode": "COMPLIANCE",
                "retain_until": "2026-05-01T00:00:00.000000Z",
                "sha256": "aa",
                "size": 7,
                "version_id": "v1",
            }
        ],
        "order": "o1",
        "records": 40,
        "station": "st",
        "store": "s3 bucket worm",
        "time": "2026-05-01T00:00:00.000000Z",
        "type": "stationd-receipt",
        "v": 1,
    }


def test_the_signature_is_named_after_what_it_signs() -> None:
    assert f"{RECEIPT}.p7s" == SIGNATURE

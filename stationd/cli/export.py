"""`stationctl export`."""

import shutil
from pathlib import Path
from time import sleep

import click

from archive.canonical import JsonValue
from stationd.bundles import service
from stationd.bundles.model import Kind, Order, OrderState, StoredObject
from stationd.cli.office import Office
from stationd.cli.output import Progress
from stationd.clock import iso
from stationd.errors import CheckFailedError

__all__ = ["export"]

_LOOK_EVERY = 0.2


@click.command(epilog="Example: stationctl export 1234 --to /media/stick")
@click.argument("acct")
@click.option("--epoch", type=click.IntRange(min=1), help="Which epoch.  [default: the newest]")
@click.option(
    "--wait/--no-wait",
    default=True,
    show_default=True,
    help="Show how far it is until it is verified in the archive.",
)
@click.option(
    "--to",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="Copy the finished files into this folder.",
)
@click.pass_obj
def export(office: Office, acct: str, epoch: int | None, to: Path | None, *, wait: bool) -> None:
    """Order a bundle of account ACCT's whole history; the worker makes it."""
    order_id = service.order(office.desk, acct, Kind.ON_REQUEST, office.person(), epoch=epoch)
    if not wait:
        value: JsonValue = {"order": order_id, "state": OrderState.ORDERED.value}
        office.show(value, f"Order {order_id} is placed; the worker makes the bundle.")
        return
    with office.progress(f"Bundle of {acct}") as tell:
        done = _waited(office, order_id, tell)
    stored = service.objects(office.desk, order_id)
    copied = [] if to is None else [_copied(one, to) for one in stored]
    office.show(_value(done, stored), _text(done, stored, copied))


def _waited(office: Office, order_id: str, tell: Progress) -> Order:
    """Return the order once it is verified; what stands in its way is told as it changes."""
    told = ""
    while True:
        order = service.read(office.desk, order_id)
        tell(order.progress, 100)
        if order.state is OrderState.VERIFIED:
            return order
        if order.state is OrderState.FAILED:
            raise CheckFailedError(f"Order {order_id} was given up: {order.why}")
        if order.why != told:
            told = order.why
            office.note(f"{told} (tried again)" if told else "It goes on.")
        sleep(_LOOK_EVERY)


def _copied(one: StoredObject, to: Path) -> Path:
    return Path(shutil.copy2(one.path, to))


def _value(order: Order, stored: list[StoredObject]) -> dict[str, JsonValue]:
    return {
        "order": order.id,
        "state": order.state.value,
        "bundle": order.name,
        "content_id": order.content_id,
        "records": order.records,
        "retain_until": None if order.retain_until is None else iso(order.retain_until),
        "objects": [
            {
                "file": one.file,
                "path": one.path,
                "key": one.key,
                "version_id": one.version_id,
                "sha256": one.sha256,
                "size": one.size,
            }
            for one in stored
        ],
    }


def _text(order: Order, stored: list[StoredObject], copied: list[Path]) -> list[str]:
    lines = [f"{order.name}: {order.records} records, verified in the archive."]
    lines += [f"  {one.key}  version {one.version_id}" for one in stored]
    lines.append(f"Content id: {order.content_id}")
    folder = Path(stored[0].path).parent
    lines.append(f"Sealed local copy: {folder}")
    lines += [f"Copied: {path}" for path in copied]
    return lines

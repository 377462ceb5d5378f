"""`stationctl export`."""

from datetime import datetime
from pathlib import Path
from time import sleep

import click

from archive.canonical import JsonValue
from archive.redaction import PROFILES
from stationd.bundles import service
from stationd.bundles.copies import Asked, order_copy
from stationd.bundles.model import Kind, Order, OrderState, StoredObject
from stationd.cli.certify import certify
from stationd.cli.custody import PURPOSE
from stationd.cli.hand_out import COMMANDS, copy_files, named_order
from stationd.cli.moments import MOMENT
from stationd.cli.office import Office
from stationd.cli.output import Progress
from stationd.clock import iso
from stationd.errors import CheckFailedError
from stationd.ledger.compartments import compartment_of_file
from stationd.staff.model import Person

__all__ = ["export"]

_LOOK_EVERY = 0.2
_DEFAULT = "make"


class _WithDefault(click.Group):
    """A group that makes a bundle where the first word is no command of it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default command before what names none."""
        if args and args[0] not in {*self.commands, *ctx.help_option_names}:
            args = [_DEFAULT, *args]
        return super().parse_args(ctx, args)


@click.group(cls=_WithDefault, epilog="Example: stationctl export 1234 --to /media/stick")
def export() -> None:
    """Make a bundle of an account's history, and hand bundles out.

    `export ACCT` is short for `export make ACCT`.
    """


@export.command(name=_DEFAULT, epilog="Example: stationctl export 1234 --to /media/stick")
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
    help="Copy the finished files into this folder, for yourself.",
)
@PURPOSE
@click.pass_obj
def make(
    office: Office,
    /,
    acct: str,
    *,
    epoch: int | None,
    to: Path | None,
    wait: bool,
    purpose: str,
) -> None:
    """Order a bundle of account ACCT's whole history; the worker makes it."""
    by = office.person()
    order_id = service.order(office.desk, acct, Kind.ON_REQUEST, by, epoch=epoch)
    _placed(office, order_id, f"Bundle of {acct}", (by, to, purpose), wait=wait)


@export.command(
    epilog="""\b
Examples:
  stationctl export redact 1234 --profile customer --reason "asked for by the customer"
  stationctl export redact 1234 --profile incident --around 8412 --reason "claim 17-4"
"""
)
@click.argument("bundle")
@click.option(
    "--profile",
    type=click.Choice(sorted(PROFILES)),
    required=True,
    help="What is withheld; see the manual, hand out a bundle.",
)
@click.option("--reason", required=True, help="Why the copy is made.  It is printed in the copy.")
@click.option("--from", "since", type=MOMENT, help="First moment of an extract.")
@click.option("--until", type=MOMENT, help="Last moment of an extract.")
@click.option(
    "--around", type=click.IntRange(min=1), help="Number of a record: the incident it belongs to."
)
@click.option(
    "--wait/--no-wait",
    default=True,
    show_default=True,
    help="Show how far it is until it is verified in the archive.",
)
@click.option(
    "--to",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="Copy the finished files into this folder, for yourself.",
)
@PURPOSE
@click.pass_obj
def redact(  # noqa: PLR0913  (each is an option)
    office: Office,
    bundle: str,
    *,
    profile: str,
    reason: str,
    since: datetime | None,
    until: datetime | None,
    around: int | None,
    to: Path | None,
    wait: bool,
    purpose: str,
) -> None:
    """Order a redacted copy of BUNDLE: its order, its name, or an account (the newest whole one).

    The whole bundle stays in the archive.  In the copy the hash of each withheld record stands in
    its place, so that anybody can check that nothing else is missing.
    """
    by = office.person()
    asked = Asked(profile=profile, reason=reason, since=since, until=until, around=around)
    order_id = order_copy(office.desk, named_order(office, bundle), asked, by)
    _placed(office, order_id, f"Redacted copy of {bundle}", (by, to, purpose), wait=wait)


def _placed(
    office: Office,
    order_id: str,
    title: str,
    for_whom: tuple[Person, Path | None, str],
    *,
    wait: bool,
) -> None:
    """Say that an order is placed; or wait for its bundle, and copy it for whoever ordered it."""
    by, to, purpose = for_whom
    if not wait:
        value: JsonValue = {"order": order_id, "state": OrderState.ORDERED.value}
        office.show(value, f"Order {order_id} is placed; the worker makes the bundle.")
        return
    with office.progress(title) as tell:
        done = _waited(office, order_id, tell)
    stored = service.objects(office.desk, order_id)
    own = [one for one in stored if not compartment_of_file(one.file)]
    copied = [] if to is None else copy_files(own, to)
    if copied:
        service.record_copy(office.desk, order_id, by, purpose=purpose)
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


for _command in (*COMMANDS, certify):
    export.add_command(_command)

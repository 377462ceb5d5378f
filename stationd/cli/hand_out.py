"""`stationctl export hand-out` and what belongs to it: links and copies, each for one person."""

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from time import sleep

import click

from archive.canonical import JsonValue
from archive.envelope import ENDING, Recipient, envelop, opening_text
from archive.errors import ArchiveError
from stationd.bundles import service as bundles
from stationd.bundles.model import Kind, OrderState, StoredObject
from stationd.cli.office import Office
from stationd.cli.output import table
from stationd.cli.recipient import recipient as recipient_group
from stationd.clock import iso
from stationd.errors import (
    CheckFailedError,
    MistakeError,
    NotFoundError,
    RefusedError,
    UnavailableError,
)
from stationd.handouts import service
from stationd.handouts.model import Handout, HandoutState, Way
from stationd.ledger.compartments import APART
from stationd.recipients.service import usable

__all__ = ["COMMANDS", "copy_files", "envelop_files", "named_order"]

_LOOK_EVERY = 0.2
_BLOCK = 1 << 20


@click.command(
    name="hand-out",
    epilog="""\b
Examples:
  stationctl export hand-out 1234 --for "J. Adler, counsel" --purpose "claim 17-4"
  stationctl export hand-out 1234 --for "Clerk of court" --purpose subpoena --copy /media/stick
  stationctl export hand-out 1234 --for "J. Adler" --purpose 17-4 --copy . --encrypt "J. Adler"
""",
)
@click.argument("bundle")
@click.option("--for", "recipient", required=True, help="The one person it is for.")
@click.option("--purpose", required=True, help="What for: the claim, the request, the case.")
@click.option(
    "--days",
    type=click.FloatRange(min=0, max=7, min_open=True),
    default=7,
    show_default=True,
    help="How long links are good.",
)
@click.option(
    "--copy",
    "folder",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="Copy the files into this folder instead of making links.",
)
@click.option(
    "--encrypt",
    "holder",
    metavar="RECIPIENT",
    help="With --copy: envelop each file to this recipient's certificate, named by its person or "
    "its fingerprint (`export recipient list`).",
)
@click.option(
    "--compartment",
    type=click.Choice([one.value for one in APART]),
    help="Hand out this compartment's archive instead of the bundle, which never holds it.",
)
@click.option(
    "--wait",
    type=click.IntRange(min=1),
    default=600,
    show_default=True,
    help="Seconds to wait until the bundle has been read back and verified.",
)
@click.pass_obj
def hand_out(  # noqa: PLR0913  (each is an option)
    office: Office,
    /,
    bundle: str,
    *,
    recipient: str,
    purpose: str,
    days: float,
    folder: Path | None,
    holder: str | None,
    compartment: str | None,
    wait: int,
) -> None:
    """Hand out a bundle: BUNDLE is its order, its name, or an account (the newest whole one of it).

    A redacted copy is named by its order or its name.  The worker reads the bundle back from the
    archive and verifies it first.  If that fails nothing is handed out, and it has an incident.
    """
    by = office.person()
    to = None if holder is None else usable(office.desk, holder)[1]
    asked = service.ask(
        office.desk,
        named_order(office, bundle),
        Way.LINK if folder is None else Way.COPY,
        recipient=recipient,
        purpose=purpose,
        by=by,
        valid=timedelta(days=days),
        certificate=None if to is None else to.fingerprint,
        compartment=compartment or "",
    )
    ready = _waited(office, asked.id, wait)
    if folder is None:
        _show_links(office, ready)
        return
    stored = service.files(office.desk, ready)
    copied = copy_files(stored, folder) if to is None else envelop_files(stored, folder, to)
    made = None if to is None else {path.name: _sha256(path) for path in copied}
    done = service.copied(office.desk, ready.id, by=by, enveloped=made)
    files: list[JsonValue] = [str(path) for path in copied]
    office.show({**_value(done), "files": files}, [f"Copied: {path}" for path in copied])


def named_order(office: Office, bundle: str) -> str:
    """Return the order that a person means; of an account the newest whole bundle's."""
    found = bundles.orders(office.desk)
    exact = [one for one in found if bundle in {one.id, one.name}]
    whole = [one for one in found if one.acct == bundle and one.kind is not Kind.REDACTED]
    of_account = [one for one in whole if one.state is OrderState.VERIFIED] or whole
    for one in (*exact, *of_account):
        return one.id
    raise NotFoundError(f"There is no bundle {bundle}, nor one of an account {bundle}.")


def _waited(office: Office, handout_id: str, seconds: int) -> Handout:
    """Return the hand-out once it is ready; what stands in its way is told as it changes."""
    end = office.clock.ticks() + seconds * 10**9
    told = ""
    while True:
        one = service.read(office.desk, handout_id)
        if one.state is HandoutState.REFUSED:
            raise CheckFailedError(f"Nothing was handed out. {one.why}")
        if one.state is not HandoutState.ASKED:
            return one
        if office.clock.ticks() >= end:
            later = f"`export links {handout_id}`" if one.way is Way.LINK else "ask again later"
            raise UnavailableError(
                f"{handout_id} is asked for and not verified yet; the worker goes on: {later}. "
                f"{told}".rstrip()
            )
        why = bundles.read(office.desk, one.order_id).why
        if why not in {told, ""}:
            office.note(f"{why} (tried again)")
        told = why
        sleep(_LOOK_EVERY)


def copy_files(stored: Sequence[StoredObject], folder: Path) -> list[Path]:
    """Copy the sealed local files of a bundle; where a copy is wrong none is left behind."""
    copies: list[Path] = []
    try:
        for one in stored:
            copies.append(folder / Path(one.path).name)
            _copy(one, copies[-1])
    except BaseException:
        # What has no record is not to be on the medium.
        for copy in copies:
            copy.unlink(missing_ok=True)
        raise
    return copies


def envelop_files(stored: Sequence[StoredObject], folder: Path, to: Recipient) -> list[Path]:
    """Envelop the sealed local files of a bundle to a recipient; none is left where one fails.

    Beside them comes a text that says how they are opened.
    """
    made: list[Path] = []
    try:
        for one in stored:
            target = _target(one, folder)
            made.append(target)
            envelop(Path(one.path), target, [to])
        note = folder / f"opening-{to.fingerprint[:16]}.txt"
        note.write_bytes(opening_text([path.name for path in made], to))
        made.append(note)
    except BaseException as error:
        # What has no record is not to be on the medium.
        for path in made:
            path.unlink(missing_ok=True)
        if isinstance(error, ArchiveError):
            raise CheckFailedError(f"Nothing was handed out: {error}.") from None
        raise
    return made


def _target(one: StoredObject, folder: Path) -> Path:
    """Return where the envelope of a sealed local file goes, which is what lies in the archive."""
    if _sha256(Path(one.path)) != one.sha256:
        raise CheckFailedError(
            f"{one.path} does not have the SHA-256 that lies in the archive. Nothing is noted as "
            "handed out."
        )
    target = folder / f"{Path(one.path).name}{ENDING}"
    if target.exists():
        raise MistakeError(f"{target} is there already; name an empty folder.")
    return target


def _copy(one: StoredObject, copy: Path) -> None:
    shutil.copy2(one.path, copy)
    if _sha256(copy) != one.sha256:
        raise CheckFailedError(
            f"{copy} does not have the SHA-256 that lies in the archive; look at {one.path} "
            "and at the medium. Nothing is noted as handed out."
        )


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


@click.command(epilog="Example: stationctl export links 4f2a…")
@click.argument("handout_id", metavar="HANDOUT")
@click.pass_obj
def links(office: Office, handout_id: str) -> None:
    """Show the links of HANDOUT once more, while they are good; each time is counted."""
    one = service.read(office.desk, handout_id)
    if one.state is HandoutState.ASKED:
        raise RefusedError(f"{one.id} is not verified yet; the worker is on it.")
    _show_links(office, one)


def _show_links(office: Office, one: Handout) -> None:
    found = service.links(office.desk, one.id, office.sealer(), by=office.person())
    shown = service.read(office.desk, one.id)
    office.show({**_value(shown), "links": dict(found)}, _link_lines(shown, found))


def _link_lines(one: Handout, found: Mapping[str, str]) -> list[str]:
    assert one.expires_at is not None  # noqa: S101  (it has links)
    return [
        f"{one.id}: for {one.recipient}, {one.purpose}.",
        f"Good until {one.expires_at:%Y-%m-%d %H:%M} UTC. Whoever has a link can use it.",
        *(f"  {file}\n    {address}" for file, address in found.items()),
    ]


@click.command(epilog="Example: stationctl export handed 1234")
@click.argument("acct", required=False)
@click.pass_obj
def handed(office: Office, acct: str | None) -> None:
    """List what was handed out, of account ACCT or all."""
    found = service.handouts(office.desk, acct)
    office.trail.reading("hand-outs", acct=acct)
    head = ("hand-out", "way", "for", "purpose", "by", "asked", "state", "times", "expires", "to")
    rows = [_row(one) for one in found]
    office.show([_value(one) for one in found], table(head, rows) if rows else "Nothing.")


def _value(one: Handout) -> dict[str, JsonValue]:
    return {
        "id": one.id,
        "order": one.order_id,
        "way": one.way.value,
        "recipient": one.recipient,
        "purpose": one.purpose,
        "asked_by": one.asked_by,
        "asked_at": iso(one.asked_at),
        "state": one.state.value,
        "why": one.why,
        "expires_at": None if one.expires_at is None else iso(one.expires_at),
        "count": one.count,
        "certificate": one.certificate,
        "compartment": one.compartment or None,
    }


def _row(one: Handout) -> list[str]:
    expires = "" if one.expires_at is None else f"{one.expires_at:%Y-%m-%d %H:%M}"
    return [
        one.id,
        one.way.value,
        one.recipient,
        one.purpose,
        one.asked_by,
        f"{one.asked_at:%Y-%m-%d %H:%M}",
        one.state.value,
        str(one.count),
        expires,
        "" if one.certificate is None else one.certificate[:16],
    ]


COMMANDS: tuple[click.Command, ...] = (hand_out, links, handed, recipient_group)
"""What stands beside `export make`."""

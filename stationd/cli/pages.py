"""`stationctl pages`."""

from collections.abc import Sequence

import click

from archive.canonical import JsonValue
from stationd.cli.office import Office
from stationd.cli.output import table
from stationd.clock import iso
from stationd.errors import MistakeError
from stationd.hooks import service
from stationd.hooks.model import Page, Send, SendState

__all__ = ["pages"]


@click.group()
def pages() -> None:
    """Show what people are paged for, and acknowledge it."""


@pages.command(name="list", epilog="Example: stationctl pages list --all")
@click.option("--all", "everything", is_flag=True, help="Those that are over, too.")
@click.pass_obj
def list_(office: Office, *, everything: bool) -> None:
    """List pages, the newest first, with what each hook was told of the last turn."""
    found = service.pages(office.desk, lasting=not everything)
    sends = {one.id: service.sends(office.desk, one.id) for one in found}
    office.trail.reading("pages")
    lines: list[str] = []
    if found:
        head = ("page", "kind", "about", "since", "state", "told")
        lines = [*table(head, [_row(one, sends[one.id]) for one in found])]
        lines += [f"{one.id[:8]}: {one.said}" for one in found]
    value: list[JsonValue] = [_value(one, sends[one.id]) for one in found]
    office.show(value, lines or "Nobody has to be told anything.")


@pages.command(name="ack", epilog="Example: stationctl pages ack 3f9a01c2")
@click.argument("page_id", metavar="PAGE")
@click.pass_obj
def ack(office: Office, page_id: str) -> None:
    """Acknowledge PAGE (its id, or the beginning): it is not repeated any more."""
    done = service.acknowledge(office.desk, page_id, by=office.person())
    office.show(
        _value(done, service.sends(office.desk, done.id)),
        f"Page {done.id} is acknowledged. It ends when it is no longer so.",
    )


@pages.command(name="test", epilog="Example: stationctl pages test")
@click.pass_obj
def test(office: Office) -> None:
    """Send a test through every hook; `pages list --all` shows whether it arrived."""
    if not office.settings.hooks:
        raise MistakeError("There is no [[hooks]] table in the settings, so nobody is told.")
    made = service.ask_test(office.desk, by=office.person())
    names = ", ".join(hook.name for hook in office.settings.hooks)
    office.show(
        _value(made, []),
        f"Page {made.id} goes to {names} as soon as the worker looks; "
        "`stationctl pages list --all` shows how that went.",
    )


def _state(page: Page) -> str:
    if page.ended_at is not None:
        return "over"
    return "lasts" if page.acked_by is None else f"acknowledged by {page.acked_by}"


def _row(page: Page, sends: Sequence[Send]) -> list[str]:
    last = [one for one in sends if one.turn == page.turn]
    told = "; ".join(_told(one) for one in last)
    since = f"{page.began_at:%Y-%m-%d %H:%M} UTC"
    return [page.id[:8], page.kind, page.subject[:16], since, _state(page), told or "no hook"]


def _told(send: Send) -> str:
    if send.state is SendState.WAITING and send.said:
        return f"{send.hook}: tried {send.tries} time(s), {send.said}"
    return f"{send.hook}: {send.state}"


def _value(page: Page, sends: Sequence[Send]) -> dict[str, JsonValue]:
    return {
        "page": page.id,
        "kind": page.kind,
        "subject": page.subject,
        "said": page.said,
        "began_at": iso(page.began_at),
        "turn": page.turn,
        "acked_by": page.acked_by,
        "acked_at": None if page.acked_at is None else iso(page.acked_at),
        "ended_at": None if page.ended_at is None else iso(page.ended_at),
        "sends": [
            {
                "hook": one.hook,
                "turn": one.turn,
                "state": one.state.value,
                "tries": one.tries,
                "said": one.said,
            }
            for one in sends
        ],
    }

"""`stationctl doctor`: look at everything the station stands on, and say what helps."""

import click

from stationd.cli.office import Office
from stationd.cli.symptoms import CHECKS, Finding, Outcome, examine

__all__ = ["doctor"]


@click.command(
    epilog="""\b
Examples:
  stationctl doctor
  stationctl doctor --skip archive --skip authority
"""
)
@click.option(
    "--skip",
    multiple=True,
    type=click.Choice([name for name, _ in CHECKS]),
    help="Leave a check out; may be given again.",
)
@click.pass_context
def doctor(ctx: click.Context, skip: tuple[str, ...]) -> None:
    """Check settings, keys, database, journal, roster, clock, archive, devices and the rest.

    Each check passed, warned, failed, or could not be made; exit code 1 where one failed.  Run
    it as the worker's user to see what the worker sees.
    """
    office: Office = ctx.obj
    findings: list[Finding] = []
    for name, check in CHECKS:
        if name not in skip:
            findings += examine(name, check, office)
        if name == "settings" and any(one.outcome is Outcome.FAILED for one in findings):
            # Everything else is looked up in the settings, and would fail for the same reason.
            break
    office.trail.reading("doctor")
    office.show([_value(one) for one in findings], [_line(one) for one in findings])
    if any(one.outcome is Outcome.FAILED for one in findings):
        ctx.exit(1)


def _value(one: Finding) -> dict[str, str]:
    return {"check": one.check, "outcome": one.outcome.value, "text": one.text}


def _line(one: Finding) -> str:
    return f"{one.outcome.value:<7} {one.check:<12} {one.text}"

"""Whose signal it is: by number and date, and by scope where a transmitter is shared."""

from collections.abc import Iterable, Mapping

from receivers.signals import Signal
from stationd.follower.model import Owner, Scope

__all__ = ["assigned", "in_force", "scope_of"]


def in_force(owners: Iterable[Owner], at: str) -> list[Owner]:
    """Return the owners of a number at the moment ``at`` (text of `stationd.clock.iso`)."""
    return [
        owner
        for owner in owners
        if owner.valid_from <= at and (owner.valid_to is None or at < owner.valid_to)
    ]


def assigned(signal: Signal, owners: Iterable[Owner]) -> tuple[list[Owner], bool]:
    """Return the accounts that ``signal`` goes to, and whether a scope says so.

    What no scope takes goes to every owner, unresolved: rather twice than lost.
    """
    everyone = list(owners)
    takers = [owner for owner in everyone if _takes(owner.scope, signal)]
    return (takers, True) if takers else (everyone, False)


def scope_of(scope: Mapping[str, object]) -> Scope:
    """Return the scope that a link's JSON says; ``{}`` is everything."""
    return Scope(
        areas=frozenset(map(_plain, _texts(scope.get("areas")))),
        zones=frozenset(map(_plain, _texts(scope.get("zones")))),
        classes=frozenset(_texts(scope.get("classes"))),
    )


def _takes(scope: Scope, signal: Signal) -> bool:
    """Tell whether every condition that ``scope`` sets holds for ``signal``."""
    return (
        (not scope.areas or _plain(signal.area) in scope.areas)
        and (not scope.zones or _plain(signal.zone) in scope.zones)
        and (not scope.classes or signal.signal_class in scope.classes)
    )


def _plain(number: str) -> str:
    """Return a zone's or area's number without the zeros that some formats fill it with."""
    return number.lstrip("0") or number[-1:]


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, (list, tuple)) else []

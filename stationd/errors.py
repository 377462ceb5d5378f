"""Every exception raised on purpose, by what the caller does next.

* `StationdError`
    * `CheckFailedError` (1): something does not hold; look before going on
        * `JournalBrokenError`
        * `LedgerBrokenError`
    * `MistakeError` (2): what was asked for is wrong; ask differently
        * `SettingsError`
        * `NotFoundError`
        * `StepUnknownError`
        * `ImportRejectedError`
    * `RefusedError` (3): guards say no; the rows say what is missing and who has it
    * `NotAuthorisedError` (4): this person may not
        * `SecondFactorNeededError`
    * `UnavailableError` (5): nothing was done; the same call may be made again
        * `JournalUnavailableError`
        * `DatabaseUnavailableError`

The numbers are the exit codes of `stationctl`.
"""

from collections.abc import Sequence

__all__ = [
    "CheckFailedError",
    "DatabaseUnavailableError",
    "ImportRejectedError",
    "JournalBrokenError",
    "JournalUnavailableError",
    "LedgerBrokenError",
    "MistakeError",
    "NotAuthorisedError",
    "NotFoundError",
    "RefusedError",
    "SecondFactorNeededError",
    "SettingsError",
    "StationdError",
    "StepUnknownError",
    "UnavailableError",
]


class StationdError(Exception):
    """Base of what this program raises on purpose; its text is a sentence for a person."""

    exit_code = 1


class CheckFailedError(StationdError):
    """Something that must hold does not: look before going on."""

    exit_code = 1


class JournalBrokenError(CheckFailedError):
    """A journal's links do not continue as they must."""


class LedgerBrokenError(CheckFailedError):
    """A chain of the ledger does not continue as it must."""


class MistakeError(StationdError):
    """What was asked for is wrong: ask differently."""

    exit_code = 2


class SettingsError(MistakeError):
    """The configuration file is wrong; ``problems`` names every fault with its place."""

    def __init__(self, where: str, problems: Sequence[str]) -> None:
        self.where = where
        self.problems = tuple(problems)
        super().__init__("\n".join([f"{where}:", *(f"  {problem}" for problem in problems)]))


class NotFoundError(MistakeError):
    """There is nothing of that name."""


class StepUnknownError(MistakeError):
    """The case table has no row for this event in this state."""

    def __init__(self, state: str, event: str, known: Sequence[str] = ()) -> None:
        self.state = state
        self.event = event
        self.known = tuple(known)
        possible = f" From here: {', '.join(known)}." if known else " Nothing leaves this state."
        super().__init__(f"A case in state {state} has no step {event}.{possible}")


class ImportRejectedError(MistakeError):
    """An import file has bad rows, so nothing of it was applied; ``problems`` has each."""

    def __init__(self, where: str, problems: Sequence[str]) -> None:
        self.where = where
        self.problems = tuple(problems)
        super().__init__("\n".join([f"{where}: nothing was imported", *problems]))


class RefusedError(StationdError):
    """Guards say no; ``results`` holds every guard's result, passed ones included."""

    exit_code = 3

    def __init__(self, message: str, results: Sequence[object] = ()) -> None:
        self.results = tuple(results)
        super().__init__(message)


class NotAuthorisedError(StationdError):
    """A person may not do what was asked."""

    exit_code = 4


class SecondFactorNeededError(NotAuthorisedError):
    """The password was right, and this person's second factor is asked for as well."""


class UnavailableError(StationdError):
    """Nothing was done, and the same call may be made again."""

    exit_code = 5


class JournalUnavailableError(UnavailableError):
    """The journal took nothing: disk full, locked or gone."""


class DatabaseUnavailableError(UnavailableError):
    """The station database did not answer."""

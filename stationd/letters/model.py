"""Forms of letters, as counsel signed them off."""

from dataclasses import dataclass
from datetime import datetime

from stationd.letters.fields import LETTERS

__all__ = ["KINDS", "LetterForm"]

KINDS = tuple(LETTERS)
"""The letters that a form may be for (terms, 11)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterForm:
    """A form of a letter: its text lies in the documents, counsel signed it off until a date.

    ``jurisdiction`` empty: any.  ``sign_off`` is counsel's document; None: the attorney was logged
    in.  ``withdrawn_at`` None: the form counts until it expires.
    """

    id: str
    kind: str
    version: str
    jurisdiction: str
    doc: bytes
    signed_by: str
    signed_at: datetime
    expires_at: datetime
    sign_off: bytes | None = None
    withdrawn_at: datetime | None = None

    def serves(self, kind: str, version: str, jurisdiction: str) -> bool:
        """Tell whether a letter of a kind may be made from this form in a jurisdiction."""
        named = (self.kind, self.version) == (kind, version)
        return named and self.jurisdiction in ("", jurisdiction)

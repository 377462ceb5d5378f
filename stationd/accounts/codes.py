"""Which details of an account or customer are codes: they never stand in what is produced."""

import re
from collections.abc import Mapping

from archive.canonical import JsonValue

__all__ = ["has_codes", "split_codes"]

# Parts of a detail's name that say it holds a user code, a passcode, or how to come in.
_CODE = re.compile(
    r"(^|[^a-z])(codes?|pass(codes?|words?|phrases?)|pins?|duress|lock ?box|gate|keysafe|secrets?)"
    r"([^a-z]|$)"
)
_PARTS = ("account", "customer", "site")


def split_codes(
    facts: Mapping[str, JsonValue],
) -> tuple[dict[str, JsonValue], dict[str, JsonValue]]:
    """Return facts without the details that are codes, and those details by part."""
    kept, codes = dict(facts), dict[str, JsonValue]()
    for part in _PARTS:
        known = facts.get(part)
        details = known.get("details") if isinstance(known, Mapping) else None
        if not isinstance(known, Mapping) or not isinstance(details, Mapping):
            continue
        found = {name: details[name] for name in details if _is_code(name)}
        if found:
            codes[part] = found
            left = {name: details[name] for name in details if name not in found}
            kept[part] = {**known, "details": left}
    return kept, codes


def has_codes(facts: Mapping[str, JsonValue]) -> bool:
    """Tell whether facts hold a detail that is a code."""
    return bool(split_codes(facts)[1])


def _is_code(name: str) -> bool:
    return _CODE.search(name.lower().replace("_", " ").replace("-", " ")) is not None

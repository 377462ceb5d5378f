"""What a renewal list is, byte for byte."""

import json
from datetime import UTC, datetime
from hashlib import sha256, sha512

from archive.renewal import Named, renewal_list

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


def named(key: str, version: str = "v1") -> Named:
    return Named(key=key, version_id=version, size=3, sha256="ab" * 32, sha512="cd" * 64)


def test_a_list_begins_with_what_it_is_and_names_its_objects_in_order() -> None:
    made = renewal_list(
        station="s", n=1, made=NOW, previous=None, objects=[named("b"), named("a", "2"), named("a")]
    )

    head, *rows = [json.loads(line) for line in made.splitlines()]
    assert (head["n"], head["objects"], head["station"]) == (1, 3, "s")
    assert head["time"] == "2026-11-27T12:00:00.000000Z"
    assert head["previous"] == {"sha256": "0" * 64, "sha512": "0" * 128}
    assert [(row["key"], row["version_id"]) for row in rows] == [
        ("a", "2"),
        ("a", "v1"),
        ("b", "v1"),
    ]


def test_each_list_has_both_hashes_of_the_one_before() -> None:
    first = renewal_list(station="s", n=1, made=NOW, previous=None, objects=[])
    second = renewal_list(station="s", n=2, made=NOW, previous=first, objects=[])

    previous = json.loads(second.splitlines()[0])["previous"]
    assert previous == {"sha256": sha256(first).hexdigest(), "sha512": sha512(first).hexdigest()}

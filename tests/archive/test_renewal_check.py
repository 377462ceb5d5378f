"""Checking renewal lists; what was changed in one shows."""

import json
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256, sha512

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.renewal import Named, renewal_list
from archive.renewal_check import file_faults, list_faults, read_renewal, stamp_faults


def named(name: str, content: bytes = b"x", version: str = "v1") -> Named:
    return Named(
        key=f"bundles/s/1/e1/c1/{name}",
        version_id=version,
        size=len(content),
        sha256=sha256(content).hexdigest(),
        sha512=sha512(content).hexdigest(),
    )


@pytest.fixture
def made(station):
    both = (named("a.asice"), named("b.asice"))

    def made(n=1, previous=None, objects=both, **more):
        given = {"station": "s", "made": station.now, **more}
        return renewal_list(n=n, previous=previous, objects=objects, **given)

    return made


def test_lists_that_follow_one_another_and_their_stamps_hold(made, station) -> None:
    first = made()
    second = made(2, first, objects=[named("a.asice"), named("c.asice")])
    lists = [read_renewal(one) for one in (first, second)]

    assert list(list_faults(lists)) == []
    replies = {"1.tsr": station.authority.stamp(first)}
    at, faults = stamp_faults(lists[0], replies, station.authority.trust_pem)
    assert at == f"{station.now + timedelta(seconds=2):%Y-%m-%dT%H:%M:%SZ}"
    assert faults == []


def test_of_one_good_and_one_bad_stamp_the_good_gives_the_time_and_the_bad_is_told(
    made, station, other_station
) -> None:
    content = made()
    replies = {
        "1.theirs.tsr": other_station.authority.stamp(content),
        "1.tsr": station.authority.stamp(content),
        "1.none.tsr": b"no reply",
        "1.other.tsr": station.authority.stamp(content + b"x"),
    }

    at, faults = stamp_faults(read_renewal(content), replies, station.authority.trust_pem)

    assert at is not None
    assert [fault.split()[0] for fault in faults] == ["1.none.tsr", "1.other.tsr", "1.theirs.tsr"]


def test_a_stamp_of_before_the_list_gives_no_time(made, station) -> None:
    content = made()
    early = replace(station.authority, now=station.now - timedelta(hours=1))

    at, faults = stamp_faults(
        read_renewal(content), {"1.tsr": early.stamp(content)}, station.authority.trust_pem
    )

    assert at is None
    assert "before the list" in faults[0]


def test_a_list_that_was_changed_or_left_out_breaks_the_chain(made) -> None:
    first, changed = made(), made(objects=[named("a.asice")])
    second = made(2, first)
    third = made(3, second, objects=[named("a.asice", b"y")])

    def faults(*lists):
        return " ".join(list_faults([read_renewal(one) for one in lists]))

    assert "does not have the hashes of list 1" in faults(changed, second)
    assert "list 3 does not follow list 1" in faults(first, third)
    assert "other hashes of bundles/s/1/e1/c1/a.asice" in faults(second, third)
    assert "does not follow" in faults(first, made(2, first, station="other"))


def test_a_file_is_that_of_the_list_only_by_both_hashes(made, tmp_path) -> None:
    good, bad, other = (tmp_path / name for name in ("a.asice", "b.asice", "z.asice"))
    good.write_bytes(b"x")
    bad.write_bytes(b"y")
    other.write_bytes(b"x")

    said = list(file_faults(read_renewal(made()), [good, bad, other]))

    assert said == [
        "b.asice does not have the hashes of list 1",
        "z.asice is not named by list 1",
    ]


def backwards(text: bytes) -> bytes:
    """Return a list whose objects stand in the wrong order."""
    head, *rows = text.splitlines(keepends=True)
    return b"".join([head, *rows[::-1]])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text[:-1], "cut short"),
        (lambda text: b"{" + text, "not JSON"),
        (lambda text: text.replace(b":", b": ", 1), "not canonical"),
        (lambda text: text.replace(b'"v":1', b'"v":2'), "first line"),
        (lambda _: b"[]\n", "first line"),
        (lambda text: text.replace(b'"size"', b'"sizf"'), "names no object"),
        (lambda text: text.replace(b'"objects":2', b'"objects":3'), "not as many"),
        (backwards, "in order"),
        (lambda text: text.replace(b'"time":"2', b'"time":"x'), "does not match"),
    ],
)
def test_what_is_not_of_the_form_is_refused(change, said, made) -> None:
    with pytest.raises(ValueError, match=said):
        read_renewal(change(made()))


@given(text=st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_any_json_is_a_list_or_is_refused(text) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        read_renewal(json.dumps(text).encode() + b"\n")

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from archive.report_words import (
    CLASSES,
    GAPS,
    MARKS,
    corrected,
    cut,
    duration,
    local_time,
    said,
    shown,
    span,
)
from receivers.signals import SignalClass
from stationd.gaps.model import Cause

NEW_YORK = ZoneInfo("America/New_York")
HASH = "0a3d2a712c45" + "5" * 52


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {"type": "case", "kind": "step", "row": "T1", "from": "", "to": "opened", "by": "mg"},
            "Step T1: from the beginning to opened; by mg",
        ),
        (
            {"kind": "step", "row": "T5", "from": "contacting", "to": "ready_for_notice"},
            "Step T5: from contacting to ready for notice",
        ),
        ({"kind": "step", "to": 5}, "Step; to 5"),
        (
            {"type": "notice", "kind": "document", "fact": "notice", "doc": HASH, "by": "ada"},
            "Notice: document kept; by ada; document 0a3d2a712c45...",
        ),
        ({"kind": "fact", "fact": "billing_statement"}, "Billing statement: fact recorded"),
        ({"type": "correction", "text": "zone was 3", "corrects": 4}, "zone was 3; corrects 4"),
        ({"kind": "hold_set", "holds": "records"}, "Hold set; holds records"),
        ({"type": "open", "service": "active", "scope": {}}, "Open; service active"),
        ({"seq": 3, "salt": "ab", "t": "x", "acct": "1"}, "Record"),
        (
            {"type": "close", "followed": [{"node": "n1", "journal": "ab" * 16}]},
            "Close; followed node n1 journal abababababab...",
        ),
        (
            {"type": "case", "effective_at": "2026-07-01T12:00:00.000000Z"},
            "Case; effective at 2026-07-01 08:00:00 -04:00 EDT",
        ),
    ],
)
def test_a_record_is_a_sentence(fields: dict[str, object], words: str) -> None:
    assert said(fields, NEW_YORK) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        ([1, None, "a"], "1, a"),
        ({"a_b": 1, "c": None}, "a b 1"),
        (f"sha256 {HASH}", "sha256 0a3d2a712c45..."),
        ("0123456789abcde", "0123456789abcde"),
    ],
)
def test_a_value_is_said_in_words(value: object, words: str) -> None:
    assert shown(value, NEW_YORK) == words


@pytest.mark.parametrize(
    ("utc", "shown"),
    [
        ("2026-07-01T12:00:00.000000Z", "2026-07-01 08:00:00 -04:00 EDT"),
        ("2026-11-01T05:30:00.000000Z", "2026-11-01 01:30:00 -04:00 EDT"),
        ("2026-11-01T06:30:00.000000Z", "2026-11-01 01:30:00 -05:00 EST"),
        ("never", "never"),
        ("", ""),
    ],
)
def test_the_hour_that_comes_twice_is_told_apart(utc: str, shown: str) -> None:
    assert local_time(utc, NEW_YORK) == shown


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {"corrects": 4, "class": "medical", "before": {"class": "alarm", "vendor": None}},
            "record 4 means: class medical. It said: class alarm vendor nothing",
        ),
        (
            {"corrects": 4, "withdrawn": True, "before": {"code": "FA"}, "by": "anna"},
            "record 4 means nothing: the frame holds no such event. It said: code FA; by anna",
        ),
        ({"corrects": 4, "before": 7}, "record 4 means: . It said: "),
    ],
    ids=["another meaning", "none", "of another shape"],
)
def test_a_correction_says_what_is_and_what_was(fields: dict[str, object], words: str) -> None:
    assert corrected(fields, NEW_YORK) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (3600, "1 h"),
        (3661, "1 h 1 min"),
        (200_000, "2 d 7 h"),
        (86_401, "1 d 1 s"),
    ],
)
def test_a_length_of_time_is_its_two_largest_units(seconds: int, words: str) -> None:
    assert duration(timedelta(seconds=seconds)) == words


def test_a_span_between_what_is_no_time_is_none() -> None:
    assert span("2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z") == timedelta(hours=1)
    assert span("2026-01-01T00:00:00Z", None) is None
    assert span("2026-01-01T00:00:00Z", "2026-01-01T01:00:00") is None


def test_a_text_is_cut_only_where_it_is_long() -> None:
    assert cut("short") == "short"
    assert cut("x" * 401) == "x" * 400 + " ..."


def test_every_class_gap_and_mark_that_the_program_writes_has_words() -> None:
    assert {one.value for one in SignalClass} == set(CLASSES)
    assert {one.value for one in Cause} | {"unstamped"} <= set(GAPS)
    assert {"repeat", "duplicate_of", "log_only", "runaway_folded"} <= set(MARKS)

"""A valve: reading goes on only while nobody has a reason against it."""

from stationd.net.valve import Valve


def test_reading_pauses_with_the_first_reason_and_resumes_with_the_last() -> None:
    told: list[str] = []
    valve = Valve(pause=lambda: told.append("pause"), resume=lambda: told.append("resume"))
    valve.close("peer")
    valve.close("committer")
    valve.close("peer")
    valve.open("peer")
    assert (told, valve.closed) == (["pause"], True)

    valve.open("committer")
    assert (told, valve.closed) == (["pause", "resume"], False)


def test_a_reason_that_was_never_given_resumes_nothing() -> None:
    told: list[str] = []
    valve = Valve(pause=lambda: None, resume=lambda: told.append("resume"))
    valve.open("peer")
    assert told == []

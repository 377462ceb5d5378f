import json
from dataclasses import replace

from stationd.hooks.model import Letter, body


def test_a_program_is_told_the_same_bytes_for_every_try(letter: Letter) -> None:
    assert body(letter) == body(replace(letter, page=replace(letter.page, repeat_at=None)))
    assert json.loads(body(replace(letter, files=(("a", b"\x01"),))))["files"] == {"a": "01"}


def test_it_says_what_is_so_since_when_and_how_often_it_was_told(letter: Letter) -> None:
    assert json.loads(body(letter)) == {
        "began_at": "2026-05-01T12:00:00.000000Z",
        "files": {},
        "id": f"{'p' * 32}-2",
        "kind": "overdue_end",
        "page": "p" * 32,
        "station": "station-1",
        "subject": "c1",
        "text": "Case c1 runs on.",
        "title": "Service runs on past the end that the customer was told",
        "turn": 2,
        "type": "stationd-page",
        "v": 1,
    }

"""The journal's chain."""

import hashlib
import re
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from stationd.journal.chain import first_link, link, links
from stationd.journal.model import decode_body

START = first_link(b"0" * 32)
BATCHES = st.lists(st.lists(st.binary(max_size=8), min_size=1, max_size=4), max_size=5)


def test_the_first_link_names_its_purpose_and_the_journal() -> None:
    assert hashlib.sha256(b"stationd:journal:v1\0" + b"0" * 32).digest() == START


def test_a_link_covers_the_one_before_its_place_and_its_body() -> None:
    expected = b"stationd:entry:v1\0" + START + bytes(7) + b"\x01" + b"\0\0\0\x02" + b"hi"
    assert link(START, 1, b"hi") == hashlib.sha256(expected).digest()


@settings(max_examples=50)
@given(BATCHES)
def test_the_chain_does_not_depend_on_how_entries_were_batched(batches: list[list[bytes]]) -> None:
    previous, made = START, []
    for batch in batches:
        made += links(previous, len(made) + 1, batch)
        previous = made[-1]
    everything = [body for batch in batches for body in batch]
    assert made == list(links(START, 1, everything))


def test_another_body_or_another_place_gives_another_link() -> None:
    assert len({link(START, 1, b"a"), link(START, 2, b"a"), link(START, 1, b"b")}) == 3


def test_the_example_in_the_manual_is_right() -> None:
    page = Path(__file__).parents[3] / "docs" / "reference" / "journal-format.md"
    example = page.read_text(encoding="utf-8").split("### Example")[1].split("## 5")[0]
    written = "".join(
        line.strip()
        for line in example.splitlines()
        if re.match(r"    [0-9a-f]{2,}[ \n]", line + "\n")
    )
    body = bytes.fromhex(written.replace(" ", ""))
    shown = re.findall(r"link_\d\s+([0-9a-f]{64})", example)
    first = first_link(b"00112233445566778899aabbccddeeff")
    assert [first.hex(), link(first, 1, body).hex()] == shown
    assert decode_body(body, position=1, link=b"").listener == "mlr2"

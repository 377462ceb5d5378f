"""The custodian's forms: filled with what holds, and left open for a person."""

from dataclasses import replace

import pytest

from archive.certificates import Blank, Copies, Facts, Page, Said, Table, Tick, certificates
from archive.forms import FormFacts
from archive.manifest import Listed

FACTS = FormFacts(
    base="station-1-4821-e1-c7-closing",
    station="station-1",
    acct="4821",
    epoch=1,
    kind="on_request",
    checkpoint=7,
    checkpoint_time="2026-06-01T12:00:00.000000Z",
    customer="",
    site="Corner shop",
    contract="C-77",
    zone="America/New_York",
    first="2026-01-02T00:00:00.000000Z",
    last="2026-05-02T00:00:00.000000Z",
    records=100_400,
    origins={"machine": 100_398, "human": 1, "": 1},
    gaps=3,
    software="stationd 0.1.0",
    content_id="ab" * 32,
    volumes=[("base.vol-0001.zip", Listed("cd" * 32, 99))],
    gaps_by={"line_down": 2, "unstamped": 1},
)
FILES = {
    name: Listed(f"{number:02}" * 32, number)
    for number, name in enumerate(
        ["data/index.json", "data/records/seg-000002.csv", "data/records/seg-000001.jsonl"], 1
    )
}
COPIES = Copies(payload=FILES, report=Listed("ef" * 32, 1234), pages=17)
FORMS = ["FORM A", "FORM B", "FORM C", "FORM D", "FORM E"]


def words(blocks):
    """Return every word of some blocks."""
    found = []
    for block in blocks:
        match block:
            case Page(title, note):
                found += [title, note]
            case Facts(rows):
                found += [part for row in rows for part in row]
            case Table(rows):
                found += [str(part) for row in rows for part in row]
            case Blank(label):
                found.append(label)
            case _:
                found.append(block.text)
    return " ".join(found)


def part(title, facts=FACTS, copies=COPIES):
    """Return the blocks of one form or schedule."""
    blocks = certificates(facts, copies)
    (at,) = (
        n for n, it in enumerate(blocks) if isinstance(it, Page) and it.title.startswith(title)
    )
    rest = blocks[at + 1 :]
    end = next((n for n, it in enumerate(rest) if isinstance(it, Page)), len(rest))
    return [blocks[at], *rest[:end]]


def blanks(title):
    return {it.label for it in part(title) if isinstance(it, Blank)}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_leaves_person_date_place_and_signature_open(form) -> None:
    assert {"Name", "Title", "Employer", "Executed on (date)", "At (place)", "Signature"} <= blanks(
        form
    )
    assert "How I know the matters stated" in blanks(form)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_names_account_bundle_and_content_id_and_declares(form) -> None:
    said = words(part(form))

    for text in ("Account 4821, epoch 1, of station station-1", FACTS.base, "ab" * 32):
        assert text in said
    assert "true and correct" in said


@pytest.mark.parametrize("form", FORMS)
def test_what_a_person_certifies_is_ticked_by_that_person(form) -> None:
    blocks = part(form)
    certified = [n for n, it in enumerate(blocks) if isinstance(it, Tick)]

    # Nothing that only a person can know is said as a plain sentence.
    plain = " ".join(it.text for it in blocks if isinstance(it, Said))
    assert certified
    for claim in ("accurate", "regular practice", "I computed", "custodian", "at or near"):
        assert claim not in plain


def test_each_form_is_named_by_the_rule_that_it_is_for() -> None:
    for form, rule in zip(
        FORMS, ["902(11)", "902(13)", "902(14)", "902(10)", "28 U.S.C. 1746"], strict=True
    ):
        assert rule in words(part(form))
    assert "under the laws of the United States of America" in words(part("FORM E"))
    assert "under the laws of the United States" not in words(part("FORM A"))


def test_records_are_counted_by_origin_and_what_does_not_occur_is_not_spoken_of() -> None:
    said = words(part("FORM A"))

    assert "the 100,398 records made by machine" in said
    assert "the 1 records entered by a person" in said
    assert "the 1 records that state no origin" in said
    assert "taken over" not in said
    taken_over = words(part("FORM A", replace(FACTS, origins={"import": 5})))
    assert "the 5 records taken over from another system" in taken_over
    assert "Who made these, and how I know" in taken_over
    assert "made by machine" not in taken_over


def test_the_state_form_has_the_pages_of_the_report_and_leaves_service_open() -> None:
    assert "has 17 pages" in words(part("FORM D"))
    assert {"Served on (party, counsel)", "Pages that are attached (from, to, how many)"} <= blanks(
        "FORM D"
    )


def test_the_process_speaks_of_stamped_checkpoints_only_where_the_bundle_proves_them() -> None:
    assert "data/proofs" not in words(part("SCHEDULE 2"))
    assert "data/proofs" in words(part("SCHEDULE 2", replace(FACTS, proved=True)))


def test_gaps_are_counted_by_what_they_were_and_none_is_no_proof_of_none() -> None:
    assert "2 a receiver's line was down" in words(part("SCHEDULE 3"))
    none = words(part("SCHEDULE 3", replace(FACTS, gaps_by={})))
    assert "None is on record. That does not show that there was none." in none


def test_every_file_is_listed_with_size_and_hash_and_records_with_their_numbers() -> None:
    (table,) = (it for it in part("SCHEDULE 4") if isinstance(it, Table))

    rows = {name: (held, size, digest) for name, held, size, digest in table.rows}
    assert rows["alarm-history.pdf"] == ("17 printed pages", 1234, "ef" * 32)
    assert rows["base.vol-0001.zip"] == ("a volume of records", 99, "cd" * 32)
    assert rows["data/records/seg-000001.jsonl"] == ("records 1 to 100,000", 3, "03" * 32)
    assert rows["data/records/seg-000002.csv"] == ("records 100,001 to 100,400", 2, "02" * 32)
    assert rows["data/index.json"] == ("", 1, "01" * 32)


def test_only_the_copy_beside_the_container_names_its_hash() -> None:
    container = ("base.asice", Listed("99" * 32, 5))
    beside = words(certificates(FACTS, replace(COPIES, container=container)))

    assert "99" * 32 in beside
    assert "cannot name the container's own hash" not in beside
    inside = words(certificates(FACTS, COPIES))
    assert "99" * 32 not in inside
    assert "cannot name the container's own hash" in inside

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.errors import MalformedError
from archive.ledger_check import check_folder
from archive.redaction import PROFILES, Censor, document_class, record_class
from tests.archive.redacting import OF, SPAN, redaction, secret, telling, texts, words

SIZE = 12


@pytest.fixture(scope="module")
def copies(station, tmp_path_factory):
    """Return what builds the bag of a copy that withholds some records of a telling history."""
    folder = tmp_path_factory.mktemp("copies")
    made = iter(range(10**6))

    def make(hidden, *, facts=None, **more):
        records = telling(SIZE, hidden)
        source = station.source(lambda: iter(records), redaction=redaction(), **more)
        source = replace(source, documents=lambda: iter([]), facts=facts or {})
        return records, station.bag(source, folder / str(next(made)))

    return make


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(hidden=st.sets(st.integers(min_value=1, max_value=SIZE)))
def test_whatever_is_withheld_the_chain_holds_and_no_word_of_it_is_anywhere(
    hidden, copies, station
) -> None:
    records, built = copies(hidden)

    problems, remarks = check_folder(built.folder, station.log_pub_pem, station.authority.trust_pem)

    assert problems == []
    assert remarks[0] == f"a redacted copy: {len(hidden)} of {SIZE} records are withheld"
    gone = {word for seq in hidden for word in words(records[seq - 1])}
    shown = {secret(seq, "text") for seq in range(1, SIZE + 1) if seq not in hidden}
    there = [text for _, text in texts(built.folder)]
    assert [word for word in sorted(gone) if any(word in text for text in there)] == []
    assert [word for word in sorted(shown) if not any(word in text for text in there)] == []


def test_building_a_copy_twice_gives_the_same_content_and_the_whole_one_another(
    copies, station, tmp_path
) -> None:
    records, one = copies({2, 3})
    _, two = copies({2, 3})
    whole = station.bag(station.source(lambda: iter(records)), tmp_path)

    assert one.content_id == two.content_id != whole.content_id


def test_a_copy_says_so_in_index_bag_info_readme_form_and_rows(copies) -> None:
    _, built = copies({2, 3, 7})

    index = json.loads((built.folder / "data/index.json").read_text())
    rows = (
        (built.folder / "data/records/seg-000001.csv").read_text(encoding="utf-8-sig").split("\n")
    )
    lines = (built.folder / "data/records/seg-000001.jsonl").read_bytes().split(b"\n")
    assert (index["kind"], index["base"]) == ("redacted", "station-1-4821-e1-c0-redacted-c1")
    assert index["redactions"] == [
        {"first": 2, "last": 3, "why": "third_party"},
        {"first": 7, "last": 7, "why": "third_party"},
    ]
    assert index["redaction"]["withheld"] == {"reasons": {"third_party": 3}, "records": 3}
    assert index["redaction"]["of"]["content_id"] == OF.content_id
    assert index["counts"]["records"] == SIZE
    assert json.loads(lines[1]).keys() == {"leaf", "redacted", "seq"}
    assert rows[2].startswith("2,,withheld,,")
    assert json.loads(lines[1])["leaf"] in rows[2]
    info = (built.folder / "bag-info.txt").read_text()
    assert "Redacted-Copy: producible; 3 of 12 records withheld" in info
    assert "R E D A C T E D   C O P Y" in (built.folder / "README.txt").read_text()
    form = " ".join((built.folder / "custodian-certification.txt").read_text().split())
    assert "of which 3 are withheld (a redacted copy, profile producible;" in form


@pytest.mark.parametrize(
    ("fields", "classes"),
    [
        ({"class": "alarm"}, set()),
        ({"class": "medical"}, {"health"}),
        ({"scope": "unresolved"}, {"third_party"}),
        ({"acct": "1", "from": {"acct": "2", "seq": 9}}, {"third_party"}),
        ({"acct": "1", "from": {"acct": "1", "seq": 9}}, set()),
        ({"acct": "1", "from": {"acct": "unknown:a:1"}}, set()),
        ({"from": "suspended", "to": "ended"}, set()),
        ({"text": "called from 203.0.113.9"}, {"network"}),
        ({"extra": {"I": "at 2001:db8:1:2::3", "n": 4}}, {"network"}),
        ({"text": "SIM 8901260123456789012"}, {"network"}),
        ({"text": "zone 12:30:45, version 1.2"}, set()),
        ({"extra": "odd"}, set()),
    ],
)
def test_a_record_is_of_the_classes_that_it_shows(fields, classes) -> None:
    assert record_class(fields) == classes


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"type": "config", "kind": "opened"}, "contact"),
        ({"type": "case", "fact": "clearance"}, "privileged"),
        ({"type": "notice", "fact": "notice"}, ""),
        ({"type": "case", "fact": "new kind"}, "unclassed"),
        ({"type": "notice"}, ""),
    ],
)
def test_a_document_is_of_the_class_of_what_names_it(fields, found) -> None:
    assert document_class(fields) == found


def test_nothing_of_class_code_another_account_or_counsel_is_in_any_copy() -> None:
    for profile in PROFILES.values():
        assert {"code", "privileged", "third_party"} <= profile.classes


def test_an_extract_shows_what_lies_in_its_span_and_its_ends() -> None:
    censor = Censor(redaction("incident", span=SPAN))
    times = ["2026-01-02T00:04:59.999999Z", SPAN[0], SPAN[1], "2026-01-02T00:20:00.000001Z"]

    judged = [censor.judge({"rx": time, "t": "2026"}, seq) for seq, time in enumerate(times, 1)]

    assert judged == [True, False, False, True]
    assert censor.runs == [(1, 1, "outside"), (4, 4, "outside")]
    assert (censor.withheld, censor.reasons()) == (2, {"outside": 2})


def test_a_correction_of_what_is_withheld_is_withheld() -> None:
    censor = Censor(redaction())
    records = [{"class": "medical"}, {"corrects": 1}, {"corrects": 9}, {"corrects": 3}]

    judged = [censor.judge(fields, seq) for seq, fields in enumerate(records, 1)]

    assert judged == [True, True, False, False]
    assert censor.listed() == [
        {"first": 1, "last": 1, "why": "health"},
        {"first": 2, "last": 2, "why": "contained"},
    ]


def test_a_document_goes_with_its_record_and_by_its_own_class() -> None:
    censor = Censor(redaction())
    censor.judge({"class": "medical", "doc": "aa"}, 1)
    censor.judge({"type": "config", "doc": "bb"}, 2)
    censor.judge({"type": "notice", "fact": "notice", "doc": "cc"}, 3)

    kept = [censor.keeps_document(bytes([seq]), seq) for seq in (1, 2, 3)]

    assert kept == [False, False, True]
    assert censor.documents_withheld() == {"contact": 1, "outside": 1}


def test_a_document_that_a_shown_record_names_too_is_here() -> None:
    censor = Censor(redaction())
    censor.judge({"class": "medical"}, 1)
    censor.judge({"class": "alarm"}, 2)

    assert [censor.keeps_document(b"d", seq) for seq in (1, 2)] == [False, True]
    assert censor.documents_withheld() == {}


FACTS = {
    "account": {"acct": "4821", "details": {"test_hours": 24, "gate": "4711#"}},
    "customer": {"name": "Acme", "details": {"phone": "555-0100", "email": "a@b.test"}},
    "site": {"name": "Shop", "zone": "UTC"},
    "contract": {"number": "C-1"},
    "case": {
        "id": "k1",
        "facts": [
            {
                "kind": "clearance",
                "fact": {"said": "proceed against them"},
                "doc": "ab",
                "at": "2026",
            },
            {"kind": "notice", "fact": {"channel": "post"}, "doc": "cd", "at": "2026"},
            {"kind": "new kind", "fact": {"x": 1}, "doc": None, "at": "2026"},
        ],
        "steps": [{"row": "T2", "guards": [{"id": "G13", "facts": ["last BA zone 7"]}]}],
    },
    "notices": [{"kind": "notice", "fact": {"channel": "post"}, "doc": "cd"}, "odd"],
    "custody": [
        {"act": "ordered", "by": "maria"},
        {"act": "redecoded", "corrects": 1, "epoch": 1, "code": "BA"},
        {"act": "redecoded", "corrects": 2, "epoch": 1, "code": "OP"},
        {"act": "redecoded", "corrects": 2, "epoch": 2, "code": "CL"},
        "odd",
    ],
    "lines": [{"kind": "line_down", "from": "2026-01-01", "to": None, "cause": "203.0.113.9 left"}],
    "gaps": [
        {"kind": "clock_step", "from": "2025-01-01", "to": "2025-01-01"},
        {"kind": "account_path", "from": "2025-01-01", "to": "2025-01-02", "detail": "quiet"},
        "odd",
    ],
    "staff": [{"login": "maria", "name": "Maria Manager"}],
    "order": {"id": "o1"},
    "dealer": None,
}


def facts_of(profile, **more):
    censor = Censor(redaction(profile, **more))
    censor.judge({"scope": "unresolved", "t": SPAN[0]}, 1)
    censor.judge({"t": SPAN[0]}, 2)
    return censor.facts(FACTS, 1), censor.masks


def test_a_producible_copy_shows_no_contacts_no_counsel_and_no_address() -> None:
    kept, masks = facts_of("producible")

    assert kept["account"]["details"] == {"test_hours": 24}
    assert kept["customer"] == {"name": "Acme", "details": {}}
    assert [row["fact"] for row in kept["case"]["facts"]] == [
        {"masked": "privileged"},
        {"channel": "post"},
        {"masked": "unclassed"},
    ]
    assert [row["doc"] for row in kept["case"]["facts"]] == [None, "cd", None]
    assert "guards" not in kept["case"]["steps"][0]
    assert [row["act"] for row in kept["custody"][:2]] == ["ordered", "redecoded"]
    assert kept["custody"][1]["corrects"] == 2
    assert kept["lines"][0]["cause"] == "* left"
    assert kept["staff"] == FACTS["staff"]
    assert masks == {
        "account: unclassed": 1,
        "case: privileged": 1,
        "case: unclassed": 1,
        "customer: contact": 2,
        "custody: contained": 2,
        "lines: network": 1,
    }


def test_a_customers_copy_shows_their_contacts_and_nobody_of_the_station() -> None:
    kept, masks = facts_of("customer")

    assert kept["customer"]["details"]["phone"] == "555-0100"
    assert kept["contract"] == {"number": "C-1"}
    assert not {"staff", "case"} & kept.keys()
    assert masks["staff: operator_name"] == masks["case: operator_name"] == 1


def test_an_extract_shows_the_lines_of_its_span_and_what_explains_the_chain() -> None:
    kept, masks = facts_of("incident", span=SPAN)

    assert [row if isinstance(row, str) else row["kind"] for row in kept["gaps"]] == [
        "clock_step",
        "odd",
    ]
    assert len(kept["lines"]) == 1
    assert kept["customer"]["details"] == {}
    assert not {"contract", "notices"} & kept.keys()
    assert masks["gaps: outside"] == masks["contract: outside"] == masks["notices: outside"] == 1


@pytest.mark.parametrize("profile", ["producible", "customer"])
@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"account": "odd", "customer": None, "case": {}, "staff": []},
        {"account": {"details": {"test_hours": 24}}},
    ],
)
def test_facts_of_any_shape_can_be_redacted(facts, profile) -> None:
    censor = Censor(redaction(profile))

    kept = censor.facts(facts, 1)

    assert kept["custody"] == kept["lines"] == []
    assert censor.masks == {}


def test_facts_that_are_withheld_are_nowhere_in_the_copy(copies) -> None:
    _, built = copies({1}, facts=FACTS)

    there = [text for _, text in texts(built.folder)]
    hidden = (
        "4711#",
        "555-0100",
        "a@b.test",
        "proceed against them",
        "203.0.113.9",
        "last BA zone 7",
        '"code":"BA"',
    )
    assert [word for word in hidden if any(word in text for text in there)] == []
    assert secret(2, "text") in "".join(there)


@pytest.mark.parametrize("salt", ["", '"salt":"00",', '"salt":7,'])
def test_a_record_that_could_be_guessed_from_its_hash_is_not_withheld(
    salt, station, tmp_path
) -> None:
    record = (
        f'{{"acct":"4821","epoch":1,{salt}"scope":"unresolved","seq":1,"t":"2026","type":"open"}}'
    ).encode()
    source = station.source(lambda: iter([record]), redaction=redaction())

    with pytest.raises(MalformedError, match="record 1 has no salt of 16 bytes"):
        station.bag(source, tmp_path)

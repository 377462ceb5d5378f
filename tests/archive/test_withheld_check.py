import shutil
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import segments
from archive.file_check import expected_row
from archive.ledger_check import check_folder, main
from archive.redaction import Censor
from archive.verify import examine
from archive.withheld_check import Runs, check_copy, copy_text, is_withheld, label, order_of
from tests.archive.redacting import SPAN, redaction, telling

INFO = b"Redacted-Copy: producible; 3 of 9 records withheld\n"


def index(**more):
    told = {
        "documents": {},
        "masks": {},
        "of": {"base": "b", "content_id": "ab" * 32, "kind": "closing", "order": "o1"},
        "order": "c1",
        "profile": "producible",
        "reason": "claim 17",
        "withheld": {"reasons": {"health": 3}, "records": 3},
    }
    listed = [{"first": 2, "last": 3, "why": "health"}, {"first": 9, "last": 9, "why": "code"}]
    known = {"kind": "redacted", "redaction": told, "redactions": listed}
    return {**known, **{key: value for key, value in more.items() if key in known}} | {
        "redaction": told | {key: value for key, value in more.items() if key not in known}
    }


def said(value, runs=(((2, 3),), ((9, 9),)), info=INFO):
    withheld = [Runs([*part]) for part in runs]
    return [f"{it.subject}: {it.text}" for it in check_copy(value, withheld, 9, info)]


def test_a_copy_that_lists_what_is_withheld_holds() -> None:
    assert said(index()) == []


def test_an_index_that_is_no_object_is_told_of_elsewhere() -> None:
    assert said(None) == []


@pytest.mark.parametrize(
    ("runs", "text"),
    [
        ([[(2, 4), (9, 9)]], "record 4 is withheld, and data/index.json does not list it"),
        ([[(1, 3), (9, 9)]], "record 1 is withheld, and"),
        ([[(2, 3), (5, 7), (9, 9)]], "records 5 to 7 are withheld, and"),
        ([[(2, 2), (9, 9)]], "lists as withheld what is here: record 3 is not withheld"),
        ([[(3, 3)]], "lists as withheld what is here: record 9 is not withheld"),
        ([], "lists as withheld what is here: records 2 to 3 are not withheld"),
    ],
)
def test_a_list_that_is_not_exactly_what_is_withheld_is_refused(runs, text) -> None:
    assert any(text in line for line in said(index(), runs))


@given(
    listed=st.sets(st.integers(min_value=1, max_value=30)),
    there=st.sets(st.integers(min_value=1, max_value=30)),
)
def test_every_difference_of_list_and_lines_is_found(listed, there) -> None:
    runs = Runs([])
    for seq in sorted(there):
        runs.add(seq)
    rows = [{"first": seq, "last": seq, "why": "code"} for seq in sorted(listed)]
    info = f"Redacted-Copy: {copy_text('producible', len(there), 30)}\n".encode()
    value = index(redactions=rows, withheld={"reasons": {}, "records": len(there)})

    assert (check_copy(value, [runs], 30, info) == []) == (listed == there)
    assert runs.count() == len(there)


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"profile": "public"}, "profile is none of customer, incident, producible"),
        ({"reason": " "}, "gives no reason for the copy"),
        ({"reason": None}, "gives no reason for the copy"),
        ({"order": "a/b"}, "names no order of the copy"),
        ({"of": {"base": "b"}}, "does not name the whole bundle that the copy is of"),
        ({"of": None}, "does not name the whole bundle that the copy is of"),
        (
            {"of": {"base": "b", "content_id": "ab", "kind": "closing", "order": "o"}},
            "names as the whole bundle what cannot be one",
        ),
        (
            {"of": {"base": "b", "content_id": "ab" * 32, "kind": "redacted", "order": "o"}},
            "names as the whole bundle what cannot be one",
        ),
        ({"profile": "incident"}, "the span is not that of an extract"),
        ({"span": {"from": SPAN[0], "to": SPAN[1]}}, "the span is not that of an extract"),
        ({"profile": "incident", "span": {"from": SPAN[1], "to": SPAN[0]}}, "the span is not"),
        ({"profile": "incident", "span": {"from": "x", "to": "y"}}, "the span is not"),
        ({"profile": "incident", "span": {"from": 1, "to": 2}}, "the span is not"),
        ({"profile": "incident", "span": "all"}, "the span is not"),
        ({"more": 1}, "redaction does not have the members that it must have"),
        ({"withheld": {"records": 2}}, "its count of withheld records is another; 3 are withheld"),
        ({"withheld": None}, "its count of withheld records is another; 3 are withheld"),
        ({"redactions": None}, "redactions is no list of runs"),
        ({"redactions": [{"first": 2, "last": 3}]}, "redactions is no list of runs"),
        ({"redactions": [{"first": 2, "last": 3, "why": ""}]}, "redactions is no list of runs"),
        ({"redactions": [{"first": "2", "last": 3, "why": "x"}]}, "redactions is no list of runs"),
        ({"redactions": [{"first": 3, "last": 2, "why": "x"}]}, "redactions is no list of runs"),
        ({"redactions": [{"first": 9, "last": 10, "why": "x"}]}, "redactions is no list of runs"),
    ],
)
def test_what_the_index_says_of_a_redaction_is_checked(more, text) -> None:
    assert any(text in line for line in said(index(**more)))


def test_a_redaction_that_is_no_object_is_refused() -> None:
    assert "members that it must have" in said({**index(), "redaction": None})[0]


def test_what_bag_info_says_is_what_the_records_say() -> None:
    assert (
        "'producible; 2 of 9 records withheld'" in said(index(), info=INFO.replace(b"3", b"2"))[0]
    )
    assert "bag-info.txt" in said(index(), info=b"")[0]
    assert "bag-info.txt" in said(index(), info=INFO + INFO)[0]


@pytest.mark.parametrize(
    ("value", "runs", "info", "subject"),
    [
        ({"kind": "closing", "redactions": []}, [[(4, 4)]], b"", "data/records"),
        ({"kind": "closing", "redactions": [{}]}, [], b"", "data/index.json"),
        ({"kind": "closing", "redactions": [], "redaction": {}}, [], b"", "data/index.json"),
        ({"kind": "closing"}, [], b"", "data/index.json"),
        ({"kind": "closing", "redactions": []}, [], INFO, "bag-info.txt"),
    ],
)
def test_a_bundle_that_is_whole_may_withhold_nothing(value, runs, info, subject) -> None:
    assert [line.split(": ")[0] for line in said(value, runs, info)] == [subject]


@pytest.mark.parametrize(
    "spoilt",
    [
        {"leaf": "AB" * 32},
        {"leaf": "ab"},
        {"leaf": 1},
        {"seq": 5},
        {"seq": True},
        {"redacted": False},
        {"redacted": 1},
        {"acct": "4821"},
    ],
)
def test_only_one_form_of_line_stands_for_a_withheld_record(spoilt) -> None:
    line = {"leaf": "ab" * 32, "redacted": True, "seq": 1}

    assert is_withheld(line, 1)
    assert not is_withheld(line | spoilt, 1)


def test_a_copy_is_named_by_its_order() -> None:
    assert order_of(index()) == "c1"
    assert order_of([]) == order_of({"redaction": None}) == order_of(index(order=1)) == ""
    assert label(b"A: b\n") == ""


def test_the_row_of_a_withheld_record_says_its_number_and_its_leaf() -> None:
    row = expected_row(b"", {"leaf": "ab", "redacted": True, "seq": 7})

    assert [cell for cell in row if cell] == ["7", "withheld", '{"leaf":"ab"}']


# --- Whole copies, sealed with the station's own keys ---


@pytest.fixture
def sealed_copy(station, tmp_path):
    """Return what seals a copy that withholds some of twelve records."""

    def make(hidden, **more):
        records = telling(12, hidden)
        source = station.source(lambda: iter(records), redaction=redaction(**more))
        source = replace(source, documents=lambda: iter([]), facts={})
        return station.make(source, tmp_path).files[-1].path

    return make


def told(findings):
    """Return step, outcome and file of every finding; how its reason is said may differ."""
    return {(it["step"], it["outcome"], it["subject"]) for it in findings}


def told_by(report):
    return report.as_json()["findings"]


def unpacked(container, tmp_path):
    folder = tmp_path / "unpacked"
    shutil.unpack_archive(container, folder, "zip")
    return folder


@pytest.mark.parametrize("hidden", [{4}, {1, 2}, {12}, set(range(1, 13)), set()], ids=str)
def test_every_verifier_accepts_a_copy_and_calls_it_one(
    hidden, sealed_copy, station, tmp_path, capsys, page
) -> None:
    container = sealed_copy(hidden)

    report = examine(container, station.anchors)
    seen = page.examine(container, station.anchors)
    key = tmp_path / "log.pem"
    key.write_bytes(station.log_pub_pem)
    code = main([str(unpacked(container, tmp_path)), str(key)])

    assert report.outcome == "passed"
    assert (report.copy, report.withheld) == (True, len(hidden))
    assert report.as_json()["redacted_copy"] is True
    assert report.lines()[-1].endswith(f"passed (a redacted copy: {len(hidden)} records withheld)")
    assert any("this is a redacted copy" in text for text in report.not_checked)
    assert (seen["outcome"], told(seen["findings"])) == ("passed", told(told_by(report)))
    assert (seen["redacted_copy"], seen["withheld"]) == (True, len(hidden))
    assert any("this is a redacted copy" in text for text in seen["not_checked"])
    assert code == 0
    said = capsys.readouterr().out
    assert f"note: a redacted copy: {len(hidden)} of 12 records are withheld" in said


FORGERIES = {
    "withheld silently": ("listed", lambda found: found[1:], "data/records"),
    "claimed withheld": (
        "listed",
        lambda found: [*found, {"first": 11, "last": 11, "why": "code"}],
        "data/index.json",
    ),
    "another count": ("told", lambda found: found | {"withheld": {"records": 1}}, ""),
    "no reason": ("told", lambda found: found | {"reason": ""}, "data/index.json"),
    "another profile": ("told", lambda found: found | {"profile": "customer"}, "bag-info.txt"),
}


@pytest.mark.parametrize("name", [name for name in FORGERIES if FORGERIES[name][2]])
def test_what_the_station_itself_sealed_wrongly_is_refused_by_all(
    name, sealed_copy, station, tmp_path, monkeypatch, page
) -> None:
    method, spoil, subject = FORGERIES[name]
    right = getattr(Censor, method)
    monkeypatch.setattr(Censor, method, lambda self: spoil(right(self)))
    container = sealed_copy({4, 7})

    report = examine(container, station.anchors)
    problems, _ = check_folder(unpacked(container, tmp_path), station.log_pub_pem)

    wrong = [it for it in report.findings if it.outcome == "failed"]
    assert {(it.step, it.subject) for it in wrong} == {("ledger", subject)}
    assert {problem.subject for problem in problems} == {subject}
    seen = page.examine(container, station.anchors)["findings"]
    assert told(seen) == told(told_by(report))
    assert {it["text"] for it in seen if it["outcome"] == "failed"} == {it.text for it in wrong}


def test_a_copy_that_calls_itself_whole_is_refused(sealed_copy, station, monkeypatch, page) -> None:
    monkeypatch.setattr("archive.build._redacted", lambda *_: {})
    container = sealed_copy({4})

    report = examine(container, station.anchors)
    seen = page.examine(container, station.anchors)["findings"]

    assert told(seen) == told(told_by(report))

    assert report.outcome == "failed"
    assert {"data/records", "data/index.json", "bag-info.txt"} <= report.failed_subjects()


def test_a_leaf_that_is_not_the_records_breaks_the_chain(
    sealed_copy, station, tmp_path, monkeypatch
) -> None:
    right = segments._withheld
    monkeypatch.setattr(segments, "_withheld", lambda _, seq, rows: right(bytes(32), seq, rows))
    container = sealed_copy({4})

    report = examine(container, station.anchors)
    problems, _ = check_folder(unpacked(container, tmp_path), station.log_pub_pem)

    assert "data/records" in report.failed_subjects()
    assert any("do not hash to the head" in problem.text for problem in problems)


def test_months_are_looked_at_from_the_first_point_where_the_first_record_is_withheld(
    logbook, station, tmp_path
) -> None:
    for size in (10, 40):
        logbook.checkpoint(size)
    span = ("2026-01-02T00:20:00.000000Z", "2026-01-02T00:30:00.000000Z")
    source = logbook.source(logbook.proofs([0, 1]), redaction=redaction("incident", span=span))

    report = examine(station.make(source, tmp_path).files[-1].path, station.anchors)

    assert report.outcome == "passed"
    assert report.points == 2


def test_a_label_that_stands_twice_is_not_overlooked() -> None:
    assert any("bag-info.txt" in line for line in said(index(), info=INFO + INFO))
    whole = {"kind": "closing", "redactions": []}
    assert said(whole, [], INFO + INFO) == [
        "bag-info.txt: says Redacted-Copy, and the kind is not redacted"
    ]

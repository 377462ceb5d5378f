import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import ledger_check as check
from archive.log_key_check import LogKeys

VECTORS = json.loads((Path(__file__).parents[1] / "vectors/evidence-vectors.json").read_text())
KEY_1, KEY_2 = (bytes.fromhex(VECTORS["account_key"][n]["key"]) for n in (0, 1))
HEAD = bytes.fromhex(VECTORS["chain"]["records"][-1]["head"])
NOTE = VECTORS["note"]


def log_pem(public: bytes = bytes.fromhex(NOTE["public_hex"])) -> bytes:
    import base64  # noqa: PLC0415

    der = bytes.fromhex("302a300506032b6570032100") + public
    body = base64.b64encode(der)
    return b"-----BEGIN PUBLIC KEY-----\n" + body + b"\n-----END PUBLIC KEY-----\n"


KEYS = LogKeys(log_pem())


def statement(**changes: Any) -> check.Statement:
    values: dict[str, Any] = {
        "station": "station-1",
        "acct": "4821",
        "epoch": 1,
        "records": 2,
        "head": HEAD.hex(),
        "account_key": KEY_1.hex(),
        "checkpoint": 4,
        "entry": VECTORS["log"]["entries"][4],
        "note": "data/checkpoint/4.note",
        "origin": NOTE["origin"],
    }
    return check.Statement(**(values | changes))


# --- Hashes ---


def test_account_keys_are_those_published() -> None:
    for row in VECTORS["account_key"]:
        key = check.account_key(row["station"], row["acct"], row["epoch"])
        assert key.hex() == row["key"]


def test_the_chain_comes_to_the_head_published() -> None:
    leaves = b"".join(bytes.fromhex(row["leaf"]) for row in VECTORS["chain"]["records"])

    assert check.chain(KEY_1, [leaves]) == HEAD
    assert check.chain(KEY_1, [leaves[:32], b"", leaves[32:]]) == HEAD
    assert check.chain(KEY_1, []).hex() == VECTORS["chain"]["genesis"]


# --- Records ---


def read(data: bytes, first: int = 1, **changes: Any) -> check.Segment:
    segment = check.Segment(file="seg", first=first)
    return check.read_segment(io.BytesIO(data), segment, statement(**changes))


def line(seq: int, **changes: Any) -> bytes:
    fields = {
        "acct": "4821",
        "epoch": 1,
        "seq": seq,
        "t": f"2026-01-02T03:04:{seq % 60:02}.000000Z",
        "type": "signal",
    }
    return (
        json.dumps(
            fields | changes, sort_keys=True, separators=(",", ":"), ensure_ascii=False
        ).encode()
        + b"\n"
    )


def texts(segment: check.Segment) -> list[str]:
    return [problem.text for problem in segment.problems]


def test_the_published_records_give_the_published_leaves() -> None:
    rows = VECTORS["chain"]["records"]

    segment = read(b"".join(row["record"].encode() + b"\n" for row in rows))

    assert segment.leaves.hex() == "".join(row["leaf"] for row in rows)
    assert (segment.count, segment.first_type, segment.last_type) == (2, "open", "signal")
    assert segment.problems == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (line(2), "record 1 is missing or out of place: seq says 2"),
        (line(1) + line(3), "record 2 is missing"),
        (line(1) + line(1), "record 2 is missing"),
        (line(1, acct="4822"), "another account or epoch"),
        (line(1, epoch=2), "another account or epoch"),
        (line(1, t="2026-01-02"), "no time t"),
        (line(1, t=5), "no time t"),
        (line(1, type=None), "has no type"),
        (b"[]\n", "not a JSON object"),
        (b"{}x\n", "not a JSON object"),
        (b"\n", "not a JSON object"),
        (b"\xff\n", "not a JSON object"),
        (b"[" * 100_000 + b"\n", "not a JSON object"),
        (line(1) + line(2, type="open"), "record 2 is a second open"),
        (line(1, type="close") + line(2), "record 2 stands after close"),
    ],
)
def test_what_is_wrong_with_a_record_is_said(data: bytes, words: str) -> None:
    assert any(words in text for text in texts(read(data)))


def test_a_line_without_end_and_one_without_limit_are_refused(monkeypatch) -> None:
    with pytest.raises(check.LedgerError, match="middle of a line"):
        read(line(1)[:-1])
    monkeypatch.setattr(check, "LONGEST_RECORD", 100)
    with pytest.raises(check.LedgerError, match="longer than 100"):
        read(b"x" * 1000)


def test_records_may_come_in_pieces_of_any_size() -> None:
    class Slow(io.BytesIO):
        def read(self, _size: int | None = -1) -> bytes:
            return super().read(7)

    segment = check.Segment(file="seg", first=1)
    check.read_segment(Slow(line(1) + line(2)), segment, statement())

    assert segment.count == 2
    assert segment.problems == []


def test_steps_back_of_t_are_kept_and_at_last_counted(monkeypatch) -> None:
    monkeypatch.setattr(check, "_MOST_STEPS", 2)
    back = [line(seq, t=f"2026-01-02T03:04:{50 - seq:02}.000000Z") for seq in range(1, 9)]

    segment = read(b"".join(back))

    assert segment.steps_back[0][0] == 2
    assert texts(segment) == [
        f"record {seq}: t goes back, more than 2 times in this file" for seq in range(4, 9)
    ]


# --- Joined ---


def chained(made: check.Statement, *segments: check.Segment) -> Any:
    whole = check.begun(made, ())
    for segment in segments:
        whole.extend(segment.leaves)
    return whole


def test_a_segment_taken_into_the_chain_holds_its_leaves_no_longer() -> None:
    segment = read(WHOLE)
    head = check.chain(KEY_1, [segment.leaves])
    whole = check.begun(statement(), ())

    check.take(whole, segment)

    assert (whole.head, segment.leaves) == (head, b"")


def joined(data: bytes, steps: list[check.ClockStep] | None = None, kind: str = "on_request"):
    segment = read(data)
    count = segment.count
    head = check.chain(KEY_1, [segment.leaves]).hex()
    made = statement(records=count, head=head)
    problems, remarks = check.join(made, kind, [segment], chained(made, segment), steps or [])
    return [problem.text for problem in problems], remarks


WHOLE = line(1, type="open") + line(2) + line(3, type="close")


def test_a_whole_chain_has_no_problem() -> None:
    assert joined(WHOLE, kind="closing") == ([], [])


def test_a_chain_begins_with_open_and_a_closing_one_ends_with_close() -> None:
    assert joined(line(1))[0] == ["the first record is not open"]
    assert joined(WHOLE[: WHOLE.rindex(b"{")], kind="closing")[0] == [
        "a closing bundle, and its last is not close"
    ]


def test_t_may_go_back_only_where_a_step_is_named() -> None:
    early = "2026-01-02T02:04:02.000000Z"
    data = line(1, type="open") + line(2, t=early)
    step = check.ClockStep(
        datetime(2026, 1, 2, 3, 4, tzinfo=UTC), datetime(2026, 1, 2, 2, 4, tzinfo=UTC)
    )
    elsewhere = check.ClockStep(
        datetime(2026, 1, 3, 3, 4, tzinfo=UTC), datetime(2026, 1, 3, 2, 4, tzinfo=UTC)
    )

    assert "no step of the clock is named there" in joined(data)[0][0]
    assert "no step of the clock is named there" in joined(data, [elsewhere])[0][0]
    assert joined(data, [step])[0] == []
    assert "names a step of the clock" in joined(data, [step])[1][0]


def test_a_record_after_its_checkpoint_needs_a_step_too() -> None:
    late = line(1, type="open", t="2026-01-02T04:00:00.000000Z")
    step = check.ClockStep(
        datetime(2026, 1, 2, 4, 0, tzinfo=UTC), datetime(2026, 1, 2, 3, 0, tzinfo=UTC)
    )

    assert "after its checkpoint" in joined(late)[0][0]
    assert joined(late, [step])[0] == []
    assert "dated after" in joined(late, [step])[1][0]


def test_an_entry_without_a_time_bounds_nothing() -> None:
    segment = read(WHOLE)
    head = check.chain(KEY_1, [segment.leaves]).hex()
    for entry in ("x", "{}", '{"time":5}', '{"time":"2026-13-01T00:00:00.000000Z"}'):
        made = statement(records=3, head=head, entry=entry)
        whole = chained(made, segment)
        assert check.join(made, "closing", [segment], whole, []) == ([], [])


def test_segments_are_joined_without_a_seam() -> None:
    one, two = read(line(1, type="open")), check.Segment(file="two", first=2)
    late = line(2, t="2026-01-02T03:04:00.000000Z", type="open")
    check.read_segment(io.BytesIO(late), two, statement())
    one.last_type = "close"

    problems, _ = check.join(
        statement(), "on_request", [one, two], chained(statement(), one, two), []
    )

    said = " / ".join(problem.text for problem in problems)
    for words in ("is not the last file", "ends in close", "second open", "t goes back"):
        assert words in said


# --- Statement, clock steps, checkpoint ---


def encoded(**changes: Any) -> bytes:
    value = {
        "account_key": KEY_1.hex(),
        "acct": "4821",
        "checkpoint": {"entry": "{}", "n": 4, "note": "data/checkpoint/4.note", "origin": "o"},
        "epoch": 1,
        "head": HEAD.hex(),
        "records": 2,
        "station": "station-1",
        "v": 1,
    }
    return json.dumps(value | changes, sort_keys=True, separators=(",", ":")).encode()


def test_a_statement_is_read() -> None:
    assert check.read_statement(encoded()).checkpoint == 4


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"\xff",
        encoded(v=2),
        encoded(checkpoint=None),
        encoded(checkpoint={}),
        encoded(records=0),
        encoded(epoch=True),
        encoded(station=None),
        encoded(account_key=KEY_2.hex()),
        encoded(epoch=2**32),
        encoded(epoch=2**200),
        encoded(records=2**53),
        encoded(acct="\ud800"),
        encoded(checkpoint={"entry": "{}", "n": 4, "note": "README.txt", "origin": "o"}),
        encoded(
            checkpoint={"entry": "{}", "n": 4, "note": "data/checkpoint/4.note", "origin": "\ud800"}
        ),
        encoded().replace(b"{", b'{"acct":"1234",', 1),
        encoded().replace(b'"v":1', b'"v": 1'),
        encoded().replace(b'"v":1', b'"v":NaN'),
    ],
)
def test_what_is_no_statement_is_refused(raw: bytes) -> None:
    with pytest.raises(check.LedgerError, match=r"data/ledger\.json"):
        check.read_statement(raw)


def test_only_rows_that_name_a_step_count() -> None:
    time = "2026-01-02T03:04:05.000000Z"
    raw = f"\ufeffkind,listener,from,to\r\nline_down,a,{time},{time}\r\nclock_step,,{time},\r\n"
    raw += "clock_step,,yesterday,2026-99-02T03:04:05.000000Z\r\n"

    steps = check.clock_steps(raw.encode())

    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert steps == [check.ClockStep(moment, moment)]


def test_line_status_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(check.LedgerError, match="not CSV"):
        check.clock_steps(b"\xff")


def test_the_published_note_holds() -> None:
    note = NOTE["note"].encode()

    assert check.check_checkpoint(statement(), note, KEYS) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda note: note.replace("\n5\n", "\n6\n"), "tree size 6"),
        (lambda note: note.replace("\n5\n", "\n05\n"), "no tree size"),
        (lambda note: note.replace("Q9lad", "Q9laD"), "does not hold"),
        (lambda note: note.replace("zpmT4L", "zpmT4M"), "does not hold"),
        (lambda note: note.replace("zpmT4L", "zpmU4L"), "not signed with the log key"),
        (lambda note: note + note.splitlines(keepends=True)[-1], "does not hold"),
        (lambda note: note.replace("— ", "- "), "not a signature"),
        (lambda note: note.replace("— ", "—  "), "not a signature"),
        (lambda note: note[:-1], "not a checkpoint note"),
        (lambda note: note.replace("log.", "lag.", 1), "not a checkpoint note"),
        (lambda note: note.replace("RPI=", "RPJ="), "no tree size"),
        (lambda note: note.replace("jAQ=", "!!!!"), "not a signature"),
    ],
)
def test_a_note_that_was_changed_is_refused(change, words: str) -> None:
    problems = check.check_checkpoint(statement(), change(NOTE["note"]).encode(), KEYS)

    assert any(words in problem.text for problem in problems)


@pytest.mark.parametrize(
    "entry",
    [
        "x",
        "{}",
        VECTORS["log"]["entries"][3],
        VECTORS["log"]["entries"][4].replace(",", ", "),
        VECTORS["log"]["entries"][4].replace('"time":"2026', '"time":"x026'),
    ],
)
def test_an_entry_of_another_shape_or_number_is_refused(entry: str) -> None:
    problems = check.check_checkpoint(statement(entry=entry), NOTE["note"].encode(), KEYS)

    assert [problem.subject for problem in problems] == ["data/ledger.json"]


def test_a_key_of_another_kind_is_refused() -> None:
    with pytest.raises(check.LedgerError, match="Ed25519"):
        check.check_checkpoint(statement(), NOTE["note"].encode(), LogKeys(b"no key"))


# --- The folder ---


def test_a_whole_folder_holds(sealed, station, tmp_path, capsys) -> None:
    key = tmp_path / "log.pem"
    key.write_bytes(station.log_pub_pem)

    assert check.main([str(sealed.folder), str(key)]) == 0
    said = capsys.readouterr().out
    assert said.endswith("the ledger holds\n")
    assert "no proofs are inside" in said
    assert "the bundle's own trust/tsa.pem" in said


def test_a_folder_with_a_record_left_out_does_not(sealed, station, tmp_path, capsys) -> None:
    key = tmp_path / "log.pem"
    key.write_bytes(station.log_pub_pem)
    path = sealed.folder / "data/records/seg-000001.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))

    assert check.main([str(sealed.folder), str(key)]) == 1
    assert "39 records are here" in capsys.readouterr().out


@pytest.mark.parametrize(
    "name", ["data/ledger.json", "data/records/seg-000001.jsonl", "data/checkpoint/0.note"]
)
def test_a_folder_with_a_file_missing_does_not(name: str, sealed, station) -> None:
    (sealed.folder / name).unlink()

    problems, _ = check.check_folder(sealed.folder, station.log_pub_pem)

    assert problems


def test_an_empty_file_of_authorities_is_not_the_bundles_own_word(proved, station) -> None:
    trusted = proved.folder, station.log_pub_pem

    assert check.check_folder(*trusted, station.authority.trust_pem)[0] == []
    assert "its stamp does not hold" in check.check_folder(*trusted, b"")[0][0].text


def test_a_version_that_is_true_is_none() -> None:
    raw = json.dumps({"checkpoint": {}, "v": True}, separators=(",", ":")).encode()

    with pytest.raises(check.LedgerError, match="is not version 1"):
        check.read_statement(raw)


def test_a_named_step_is_remarked(sealed, station, tmp_path, monkeypatch, capsys) -> None:
    key = tmp_path / "log.pem"
    key.write_bytes(station.log_pub_pem)
    monkeypatch.setattr(check, "join", lambda *_: ([], ["a step"]))

    assert check.main([str(sealed.folder), str(key)]) == 0
    assert capsys.readouterr().out.startswith("note: a step\n")


def test_usage_is_said(tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setattr("sys.argv", ["ledger.py"])

    assert check.main() == 2
    assert check.main([str(tmp_path), str(tmp_path / "none.pem")]) == 2
    assert "usage" in capsys.readouterr().err


def test_files_of_records_are_counted_from_one() -> None:
    name = "data/records/seg-{:06}.jsonl".format

    assert check.segment_names([name(2), name(1), "data/x"]) == [name(1), name(2)]
    for names in ([], [name(2)], [name(1), name(3)]):
        with pytest.raises(check.LedgerError, match="missing"):
            check.segment_names(names)


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: b'{"acct":"1234",' + raw[1:],
        lambda raw: raw[:-1] + b',"w":NaN}',
        lambda raw: raw[:-1] + b',"w":1.5}',
        lambda raw: raw[:-1] + b',"w":"\\ud800"}',
        lambda raw: raw[:-1] + b',"w":"\xff"}',
        lambda raw: raw[:-1] + b',"w":' + b"9" * 5000 + b"}",
        lambda raw: raw[:-1] + b',"w":' + b"[" * 5000 + b"]" * 5000 + b"}",
    ],
)
def test_a_record_that_two_readers_may_read_differently_is_refused(change) -> None:
    raw = line(1).removesuffix(b"\n")

    assert "not a JSON object in canonical form" in texts(read(change(raw) + b"\n"))[0]


def test_a_record_whose_text_looks_like_a_key_is_none_the_less_whole() -> None:
    told = json.dumps(json.loads(line(1)) | {"text": ":a"}, sort_keys=True, separators=(",", ":"))

    assert texts(read(told.encode() + b"\n")) == []


@pytest.mark.parametrize(("key", "value"), [("seq", "true"), ("seq", "1.0"), ("epoch", "true")])
def test_a_number_is_a_whole_number(key: str, value: str) -> None:
    raw = line(1).replace(f'"{key}":1'.encode(), f'"{key}":{value}'.encode())

    assert texts(read(raw)) != []


def test_a_file_that_is_wrong_throughout_is_not_read_on(monkeypatch) -> None:
    monkeypatch.setattr(check, "_MOST_PROBLEMS", 3)

    with pytest.raises(check.LedgerError, match="has 3 faults; the rest was not read"):
        read(b"[]\n" * 50)


def moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)


def test_spans_at_the_ends_of_time_explain_without_running_over() -> None:
    whole = check.ClockStep(moment("0001-01-01"), moment("9999-12-31"))

    assert check.explained([whole])(moment("2026-01-02"), moment("2020-01-01"))
    assert not check.explained([])(moment("2026-01-02"), moment("2020-01-01"))


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=6),
    st.integers(0, 60),
    st.integers(0, 60),
)
def test_many_spans_explain_what_one_of_them_does(spans, before: int, after: int) -> None:
    def at(hour: int) -> datetime:
        return moment("2026-01-01") + timedelta(hours=hour)

    steps = [check.ClockStep(at(first), at(last)) for first, last in spans]
    one_does = any(min(span) <= after and before <= max(span) for span in spans)

    assert check.explained(steps)(at(before), at(after)) == one_does


@pytest.mark.parametrize(
    "t",
    [
        "9999-99-99T99:99:99.999999Z",
        "2026-01-02T24:00:00.000000Z",
        "2026-02-29T03:04:05.000000Z",
        "0000-01-02T03:04:05.000000Z",
        "\uff12026-01-02T03:04:05.000000Z",
    ],
)
def test_a_time_that_sorts_but_is_no_time_is_refused(t: str) -> None:
    assert "no time t" in texts(read(line(1, t=t)))[0]


@pytest.mark.parametrize("script", ["exit 127", "kill -9 $$", "echo no space left; exit 1", ""])
def test_an_openssl_that_cannot_say_decides_nothing(script: str, monkeypatch, tmp_path) -> None:
    program = tmp_path / "openssl"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    (problem,) = check.check_checkpoint(statement(), NOTE["note"].encode(), KEYS)

    assert not problem.decided
    assert "is OpenSSL 3 installed?" in problem.text


def test_a_folder_that_cannot_be_decided_is_not_said_to_hold(
    sealed, station, tmp_path, monkeypatch, capsys
) -> None:
    (tmp_path / "log.pem").write_bytes(station.log_pub_pem)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert check.main([str(sealed.folder), str(tmp_path / "log.pem")]) == 1

    assert "the ledger could not be decided" in capsys.readouterr().out

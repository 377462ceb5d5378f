"""What `stationctl` prints."""

import json

from stationd.cli.output import Output, table


def test_a_result_is_text_or_json(capsys):
    Output(as_json=False).show({"a": 1}, ["one", "two"])
    Output(as_json=False).show({"a": 1}, "three")
    assert capsys.readouterr().out == "one\ntwo\nthree\n"
    Output(as_json=True).show({"a": "ä"}, "three")
    assert json.loads(capsys.readouterr().out) == {"a": "ä"}


def test_many_results_are_lines(capsys):
    Output(as_json=True).line({"a": 1}, "x")
    Output(as_json=False).line({"a": 1}, "x")
    assert capsys.readouterr().out == '{"a": 1}\nx\n'


def test_notes_are_for_people(capsys):
    Output(as_json=False).note("by the way")
    Output(as_json=True).note("by the way")
    streams = capsys.readouterr()
    assert (streams.out, streams.err) == ("", "by the way\n")


def test_progress_is_quiet_where_nobody_looks(capsys):
    with Output(as_json=False).progress("Building") as tell:
        tell(1, 2)
        tell(2, 2)
        tell(0, 0)
    assert capsys.readouterr().out == ""


def test_columns_are_as_wide_as_they_need():
    assert table(("a", "long"), [("wider", ""), ("", "x")]) == ["a      long", "wider", "       x"]

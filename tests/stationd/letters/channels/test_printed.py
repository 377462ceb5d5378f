import json

import pytest

from stationd.letters.channels.channel import Later, Lies, Parcel
from stationd.letters.channels.printed import PrintChannel

PARCEL = Parcel(
    key="k1",
    channel="post",
    recipient="Acme",
    address="1 Main",
    file="letter.pdf",
    content=b"%PDF",
    declaration="I declare",
    about={"number": "7"},
)


class CutOffError(Exception):
    pass


def cut():
    raise CutOffError


def test_a_job_is_in_the_queue_whole_with_its_declaration(tmp_path):
    outcome = PrintChannel(tmp_path / "queue").send(PARCEL, lambda: None)
    assert isinstance(outcome, Lies)
    job = tmp_path / "queue" / "k1"
    assert sorted(one.name for one in job.iterdir()) == [
        "declaration.txt",
        "job.json",
        "letter.pdf",
    ]
    assert (job / "letter.pdf").read_bytes() == b"%PDF"
    assert json.loads((job / "job.json").read_bytes()) == {
        "address": "1 Main",
        "channel": "post",
        "file": "letter.pdf",
        "key": "k1",
        "number": "7",
        "recipient": "Acme",
    }


def test_before_the_act_nothing_is_in_the_queue(tmp_path):
    channel = PrintChannel(tmp_path)
    with pytest.raises(CutOffError):
        channel.send(PARCEL, cut)
    assert not (tmp_path / "k1").exists()
    channel.send(PARCEL, lambda: None)
    assert (tmp_path / "k1").is_dir()


def test_cut_off_before_the_rename_the_job_is_put_there_afterwards(tmp_path):
    channel = PrintChannel(tmp_path)
    with pytest.raises(CutOffError):
        channel.send(PARCEL, cut)
    assert isinstance(channel.recover(PARCEL, None), Lies)
    assert (tmp_path / "k1" / "letter.pdf").exists()


def test_cut_off_after_the_rename_there_is_no_second_job_even_if_it_was_taken_out(tmp_path):
    channel = PrintChannel(tmp_path)
    channel.send(PARCEL, lambda: None)
    (tmp_path / "k1").rename(tmp_path / "posted")
    assert isinstance(channel.recover(PARCEL, None), Lies)
    assert not (tmp_path / "k1").exists()


def test_a_folder_that_cannot_be_written_is_asked_later(tmp_path):
    (tmp_path / "queue").write_text("a file")
    assert isinstance(PrintChannel(tmp_path / "queue").send(PARCEL, cut), Later)


def test_a_job_that_is_called_back_is_out_of_peoples_way(tmp_path):
    channel = PrintChannel(tmp_path)
    channel.send(PARCEL, lambda: None)
    channel.call_back("k1")
    channel.call_back("k1")
    assert not (tmp_path / "k1").exists()
    assert (tmp_path / ".cancelled" / "k1").is_dir()

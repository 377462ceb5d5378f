from datetime import UTC, datetime, timedelta

import pytest

from stationd.errors import NotFoundError
from stationd.outbox import store
from stationd.outbox.model import State
from stationd.tombstones.store import take_letters

pytestmark = pytest.mark.both_databases

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def test_a_row_is_moved_only_as_it_was_known(office):
    case, (letter,) = office.ready_with_draft()
    (one,) = office.order(letter)
    with office.desk.database.writing() as connection:
        assert store.read_ready(connection, office.clock.now(), DAY) == [one.id]
        assert store.read_ready(connection, office.clock.now() - HOUR, DAY) == []
        assert store.read_ready(connection, office.clock.now() - 2 * DAY, DAY) == [one.id]
        taken = {"state": State.TRYING, "tries": 1, "holder": "n", "taken_at": NOW}
        assert store.move(connection, one, **taken)
        assert not store.move(connection, one, **taken)
        assert [cut.id for cut in store.read_cut_off(connection, "n", NOW - HOUR)] == [one.id]
        assert store.read_cut_off(connection, "other", NOW) == []
        assert [cut.id for cut in store.read_cut_off(connection, "other", NOW + HOUR)] == [one.id]
        now = store.read_sending(connection, one.id[:6])
        assert store.move(connection, now, proof={"reply": "250"}, sent_at=NOW, state=State.SENT)
        found = store.read_sending(connection, one.id)
        assert (found.proof, found.sent_at, found.state) == ({"reply": "250"}, NOW, State.SENT)
        assert store.find_by_message(connection, one.message_id) == found
        assert store.find_by_message(connection, "<x@y>") is None
        assert store.count_sendings(connection, letter.id, "email", one.address) == 1
        assert store.find_draft(connection, letter.fact_id) == letter
        assert store.find_draft(connection, "none") is None
        assert store.read_letters(connection, case.id) == [letter]
        with pytest.raises(NotFoundError, match="No sending"):
            store.read_sending(connection, "")


def test_what_lies_ready_of_a_case_in_a_hold_is_found(office):
    case, (letter,) = office.ready_with_draft("post")
    office.order(letter)
    office.post()
    with office.desk.database.reading() as connection:
        assert store.read_moved_away(connection) == []
    office.fact(case, "dispute", text="wrong")
    office.step(case, "dispute")
    with office.desk.database.reading() as connection:
        assert [one.channel for one in store.read_moved_away(connection)] == ["post"]


def test_a_purge_of_a_case_takes_to_whom_its_letters_went_and_names_their_documents(office):
    _case, (letter,) = office.ready_with_draft()
    (one,) = office.order(letter)
    with office.desk.database.writing() as connection:
        docs = take_letters(connection, "1234")
        assert take_letters(connection, "other") == []
        left = store.read_letter(connection, letter.id)
        sending = store.read_sending(connection, one.id)
    kept = {letter.doc, letter.text_doc, letter.data_doc, one.message_doc}
    assert set(docs) == kept
    assert (left.recipient, left.address, sending.address) == ("", "", "")

"""What goes into a bundle of letters: documents that records name, and no address in a record."""

import json

from stationd.bundles.gather import documents
from stationd.bundles.store import read_orders
from stationd.ledger.compartments import Compartment
from stationd.ledger.store import read_head


def test_letter_e_mail_data_and_declaration_are_documents_of_the_bundle(office):
    case = office.notice_out()
    with office.desk.database.reading() as connection:
        (order,) = read_orders(connection, acct="1234")
        size = read_head(connection, "1234", 1).size
    kept = list(documents(office.desk.database, order, size, Compartment.PRODUCIBLE))
    (one,) = office.sendings(case)
    contents = {bytes(found.content)[:40] for found in kept if found.name.endswith(".eml")}
    assert len(contents) == 1
    named = {found.doc for found in kept}
    assert one.message_doc in named
    for kind in ("notice_draft", "notice", "declaration"):
        (fact,) = office.facts(case, kind)
        assert fact.doc in named
        assert any(fact.id.encode() in found.content for found in kept)
    (notice,) = office.facts(case, "notice")
    told = next(json.loads(one.content) for one in kept if notice.id.encode() in one.content)
    assert told["proof"]["reply"] == "250 2.0.0 taken as 42"


def test_no_record_holds_an_address_a_name_or_a_word_of_a_letter(office):
    case = office.notice_out()
    assert case.state == "noticed"
    whole = json.dumps([*office.records(), *office.records("station")])
    for personal in (
        "acme@example.com",
        "1 Main St",
        "Acme",
        "Maple",
        "perjury",
        "taken as 42",
        "maple.example",
    ):
        assert personal not in whole

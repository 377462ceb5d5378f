"""Import: every fault told, all or nothing, again and again."""

import json
from datetime import timedelta

import pytest

from stationd.accounts.service import accounts, read_whole
from stationd.accounts.store import read_links, read_transmitters
from stationd.clock import iso
from stationd.errors import ImportRejectedError, NotAuthorisedError, UnavailableError
from stationd.imports.model import Arrangement, ImportOrder, Source
from stationd.imports.plan import make_plan
from stationd.imports.service import import_files
from stationd.keys.model import Ends
from stationd.keys.service import Holder, add_key, sealed_key
from stationd.ledger.store import append_close, read_head, read_records
from stationd.sealing import Sealer, new_sealing_key
from stationd.staff.model import Person, Role

CLERK = Person(login="carla", name="Carla", role=Role.CLERK)
HEAD = "account,customer,address,zone,contract,number,key_hex,systems,phone\n"
ONE = f"1001,Adler,12 Main St,America/Denver,C-1,01A4,{'00' * 16},burglary fire,303\n"
TWO = "1002,Berg,13 Main St,America/Denver,C-2,01A5,,burglary,\n"


@pytest.fixture
def sealer():
    return Sealer(new_sealing_key())


@pytest.fixture
def bring(desk, sealer):
    def bring(*texts, dry_run=False, by=CLERK, progress=lambda _done, _whole: None, **arrangement):
        sources = [
            Source(name=f"{chr(97 + index)}.csv", data=text.encode())
            for index, text in enumerate(texts)
        ]
        order = ImportOrder(
            sources=sources, arrangement=Arrangement(**arrangement), dry_run=dry_run
        )
        return import_files(desk, order, sealer=lambda: sealer, by=by, progress=progress)

    return bring


@pytest.fixture
def faults(bring):
    def faults(*texts, **arrangement):
        with pytest.raises(ImportRejectedError) as caught:
            bring(*texts, **arrangement)
        return list(caught.value.problems)

    return faults


def records(desk, acct):
    with desk.database.reading() as connection:
        size = read_head(connection, acct, 1).size
        return [json.loads(one) for one in read_records(connection, acct, 1, 1, size)]


@pytest.mark.both_databases
def test_rows_become_accounts_with_their_chains(desk, bring, sealer):
    report = bring(HEAD + ONE + TWO)
    assert (report.rows, report.new, report.accounts_opened) == (2, 2, 2)
    assert (report.transmitters, report.links, report.applied) == (2, 2, True)
    facts = read_whole(desk, "1001")
    assert facts["customer"]["details"] == {"phone": "303"}
    assert facts["account"]["details"] == {"systems": ["burglary", "fire"]}
    assert [(one["type"], one["origin"]) for one in records(desk, "1001")] == [
        ("open", "import"),
        ("config", "import"),
    ]
    with desk.database.reading() as connection:
        (panel,) = read_transmitters(connection, "1001")
    assert sealer.open(panel.keys[0].sealed) == bytes(16)


def test_a_dry_run_writes_nothing(desk, bring):
    report = bring(HEAD + ONE, dry_run=True)
    assert (report.new, report.applied) == (1, False)
    assert accounts(desk) == []
    assert bring(HEAD + ONE).new == 1


@pytest.mark.both_databases
def test_the_same_files_may_be_imported_again(desk, bring):
    bring(HEAD + ONE + TWO)
    before = len(records(desk, "1001"))
    report = bring(HEAD + ONE + TWO)
    assert (report.new, report.changed, report.unchanged) == (0, 0, 2)
    assert len(records(desk, "1001")) == before


def test_one_bad_row_and_nothing_is_imported(desk, faults):
    assert len(faults(HEAD + ONE + TWO.replace("Denver", "Denve"))) == 1
    assert accounts(desk) == []


def test_every_bad_row_and_every_fault_of_it_is_told(faults):
    bad = "10 02,Berg,13 Main,Mars/North,C-2,,zz,moat,\n"
    late = "1003,Cole,,UTC,C-3,,,,\n"
    short = "1004,x\n"
    found = faults(HEAD + ONE + bad + late + short)
    assert [fault.partition(" ")[0] for fault in found] == [
        "a.csv:3:",
        "a.csv:3:",
        "a.csv:3:",
        "a.csv:3:",
        "a.csv:4:",
        "a.csv:5:",
    ]
    words = "\n".join(found)
    for part in (
        "account is",
        "zone is",
        "key_hex holds something else",
        "moat",
        "new site needs address",
        "2 cells",
    ):
        assert part in words


def test_a_fault_is_told_once_and_not_again_for_what_hangs_on_it(faults):
    assert faults(HEAD + ONE.replace("America/Denver", "Mars/North")) == [
        "a.csv:2: zone is 'Mars/North', but must be an IANA time zone such as America/Denver"
    ]


@pytest.mark.parametrize(
    ("second", "words"),
    [
        ("1001,Adler,12 Main St,America/Denver,C-9,,,,\n", "another contract here"),
        ("1002,Berg,13 Main,UTC,C-1,,,,\n", "another site here"),
        ("1002,Berg,13 Main,UTC,C-2,01A4,,,\n", "belongs to account 1001"),
        ("1002,Adler,12 Main St,UTC,C-2,,,,\n", "zone of this site"),
        ("1002,Adler,12 Main St,America/Denver,C-1,,,,\n", "has account 1001"),
    ],
    ids=["account twice", "contract twice", "number twice", "site twice", "two on one contract"],
)
def test_what_stands_twice_must_agree(faults, second, words):
    found = faults(HEAD + ONE + second)
    assert found[0].startswith("a.csv:3: ")
    assert words in "\n".join(found)


def test_several_files_belong_together_by_their_numbers(desk, bring):
    bring(
        "customer_no,customer,dealer\n7,Adler,Deal\n",
        "site_no,customer_no,site,address\nS1,7,Shop,12 Main St\n",
        "account,site_no,contract,cure_days,started\n1001,S1,C-1,10,2025-01-31\n",
        "account,group,number,from,until,areas\n1001,lines,0042,2026-01-01,2026-07-01,1 2\n",
        defaults={"zone": "America/Denver", "notice_days": "60"},
    )
    facts = read_whole(desk, "1001")
    assert facts["site"]["name"] == "Shop"
    assert facts["dealer"]["name"] == "Deal"
    assert (facts["contract"]["notice_days"], facts["contract"]["cure_days"]) == (60, 10)
    assert facts["contract"]["terms"] == {"started": "2025-01-31"}
    (link,) = facts["transmitters"][0]["links"]
    assert link["scope"] == {"areas": ["1", "2"]}
    assert link["valid_from"] == "2026-01-01T07:00:00.000000Z"
    assert link["valid_to"] == "2026-07-01T06:00:00.000000Z"


@pytest.mark.both_databases
def test_a_changed_row_changes_what_it_says_and_the_ledger_tells(desk, bring):
    bring(HEAD + ONE + TWO)
    report = bring(HEAD + ONE.replace("12 Main", "12 Elm").replace("303", "304") + TWO)
    assert (report.changed, report.unchanged, report.accounts_changed) == (1, 1, 1)
    assert read_whole(desk, "1001")["site"]["address"] == "12 Elm St"
    last = records(desk, "1001")[-1]
    assert last["fields"] == ["customer.details.phone", "site.address"]
    assert "Elm" not in json.dumps(last)


def test_a_new_key_joins_the_old_one(desk, bring):
    bring(HEAD + ONE)
    report = bring(HEAD + ONE.replace("00" * 16, "11" * 16))
    assert report.changed == 1
    with desk.database.reading() as connection:
        (panel,) = read_transmitters(connection)
    assert len(panel.keys) == 2
    assert [key.overlap for key in panel.keys] == [24 * 3600] * 2
    assert records(desk, "1001")[-1]["kind"] == "transmitter_key_added"


def test_the_first_key_of_a_panel_goes_on_from_that_of_its_group(desk, bring, sealer):
    group = sealed_key(b"G" * 16, sealer)
    add_key(desk, Holder("main"), group, ends=Ends(), sealer=sealer, by=CLERK)
    bring(HEAD + TWO)
    bring(HEAD + TWO.replace("01A5,", "01A5," + "11" * 16))
    with desk.database.reading() as connection:
        (panel,) = read_transmitters(connection)
    assert [sealer.open(key.sealed) for key in panel.keys] == [b"G" * 16, b"\x11" * 16]


def test_two_files_give_a_panel_one_key(desk, bring, faults):
    other = "account,number,key_text\n1001,01A4,AAAAAAAAAAAAAAAA\n"
    (fault,) = faults(HEAD + ONE, other)
    assert "two keys" in fault


def test_service_counts_only_when_an_account_is_opened(desk, bring):
    bring("account,customer,address,zone,service\n1,A,X,UTC,pending\n")
    bring("account,service\n1,active\n")
    assert accounts(desk)[0].service == "pending"


def test_a_link_ends_by_its_date(desk, bring):
    bring(HEAD + ONE)
    tomorrow = (desk.clock.now() + timedelta(days=2)).date()
    bring(f"account,number,until\n1001,01A4,{tomorrow}\n")
    with desk.database.reading() as connection:
        (link,) = read_links(connection)
    assert iso(link.valid_to).startswith(str(tomorrow))


def test_a_number_goes_on_to_another_account(desk, bring):
    bring(HEAD + ONE + TWO)
    bring(
        "account,number,from,until\n1001,01A4,,2026-04-01\n1002,01A4,2026-04-01,\n",
    )
    with desk.database.reading() as connection:
        assert [link.acct for link in read_links(connection)] == ["1001", "1002", "1002"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("account,customer\n1001,Cole\n", "that of customer Adler"),
        ("account,customer_no,customer,address\n1001,9,Adler,12 Main St\n", "of customer Adler"),
        ("account,contract,customer,address\n1001,C-2,Adler,12 Main St\n", "of another account"),
        ("account,contract\n1003,C-1\n", "has account 1001"),
        ("account,systems\n1003,fire\n", "there is no account 1003"),
        ("account,number,from,until\n1001,0B,2026-03-02,2026-03-02\n", "until is not after"),
        ("account,number\n1003,0B\n", "there is no account 1003"),
        ("contract,tier\nC-9,tm\n", "new contract needs its site"),
        ("site_no,address\nS9,X\n", "new site needs its customer"),
        ("customer_no,phone\n99,1\n", "new customer needs customer"),
    ],
)
def test_what_contradicts_what_is_there_is_a_fault(bring, faults, text, words):
    bring(HEAD + ONE + TWO)
    assert words in "\n".join(faults(text))


def test_customers_of_one_name_are_told_apart_by_number(bring, faults):
    bring("customer_no,customer\n1,Adler\n2,Adler\n")
    text = "account,customer,address,zone\n1001,Adler,X,UTC\n"
    (fault,) = faults(text)
    assert "2 customers are called Adler; customer_no tells them apart (1, 2)" in fault


def test_a_renamed_customer_is_named_by_number(desk, bring):
    bring("customer_no,customer,account,address,zone\n1,Adler,1001,X,UTC\n")
    bring("customer_no,customer\n1,Adler & Sons\n")
    assert read_whole(desk, "1001")["customer"]["name"] == "Adler & Sons"


def test_a_closed_record_takes_no_changes(desk, bring, faults):
    bring(HEAD + ONE)
    with desk.database.writing() as connection:
        append_close(connection, "1001", 1, fields={}, now=desk.clock.now(), ids=desk.ids)
    (fault,) = faults("account,systems\n1001,fire\n")
    assert "closed" in fault
    assert bring(HEAD + ONE).unchanged == 1


def test_columns_that_mean_nothing_are_named_and_left_out(bring):
    report = bring("account,customer,address,zone,Remarks\n1,A,X,UTC,hello\n")
    assert report.ignored_columns == ("a.csv: Remarks",)


def test_a_wrong_mapping_is_a_fault_by_itself(faults):
    found = faults(HEAD + ONE, columns={"Acct": "acount"}, defaults={"zone": "Mars", "x": "1"})
    assert len(found) == 3
    assert all(fault.startswith("mapping:1: ") for fault in found)


def test_a_group_may_stand_for_all_rows(desk, bring):
    bring(HEAD + ONE, defaults={"group": "lines"})
    with desk.database.reading() as connection:
        assert [one.group for one in read_transmitters(connection)] == ["lines"]


def test_an_operator_imports_nothing(bring):
    operator = Person(login="o", name="O", role=Role.OPERATOR)
    with pytest.raises(NotAuthorisedError):
        bring(HEAD + ONE, by=operator)


def test_progress_goes_from_beginning_to_end(bring):
    told = []
    bring(HEAD + ONE, progress=lambda done, whole: told.append((done, whole)))
    assert told == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]


def test_contract_details_and_panels_change_too(desk, bring):
    bring(HEAD + ONE)
    report = bring(
        "account,cure_days,notice_days,tier,paid_through,systems\n1001,5,45,tm,2026-01-31,fire\n",
        "account,number,protocol,poll_interval,window_ahead,switches\n1001,01A4,DC-09,90,5,x y\n",
    )
    assert (report.changed, report.accounts_changed) == (2, 1)
    facts = read_whole(desk, "1001")
    assert facts["contract"]["terms"] == {"tier": "tm", "paid_through": "2026-01-31"}
    assert (facts["contract"]["cure_days"], facts["contract"]["notice_days"]) == (5, 45)
    assert facts["account"]["details"] == {"systems": ["fire"]}
    assert facts["transmitters"][0]["switches"] == ["x", "y"]
    assert facts["transmitters"][0]["poll_interval"] == 90


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("account,site_no\n1001,S2\n", "another site"),
        ("account,contract\n1001,C-2\n", "another account"),
        ("account,contract\n1003,C-2\n", "has account 1002"),
    ],
)
def test_an_account_stays_at_its_site_and_contract(bring, faults, text, words):
    bring(HEAD + ONE + TWO)
    bring("customer,customer_no,site_no,address,zone\nCole,7,S2,14 Main St,UTC\n")
    assert words in "\n".join(faults(text))


def test_a_contract_may_get_another_number(desk, bring):
    bring(HEAD + ONE)
    bring("account,contract\n1001,C-99\n")
    assert read_whole(desk, "1001")["contract"]["number"] == "C-99"


def other(desk, name):
    """Let somebody else add a dealer, which needs the write lock."""
    with desk.database.writing() as connection:
        connection.exec_driver_sql(f"INSERT INTO dealers (id, name) VALUES ('{name}', '{name}')")


@pytest.mark.both_databases
def test_what_is_changed_while_an_import_is_planned_is_planned_with(desk, bring, monkeypatch):
    plans = []

    def planned(gathered, after, means):
        if not plans:
            other(desk, "Dealer")
        plans.append(make_plan(gathered, after, means))
        return plans[-1]

    monkeypatch.setattr("stationd.imports.service.make_plan", planned)
    assert bring(HEAD + ONE + TWO).accounts_opened == 2
    assert len(plans) == 2
    assert [one.acct for one in accounts(desk)] == ["1001", "1002"]


def test_where_accounts_change_all_the_time_nothing_is_imported(desk, bring, monkeypatch):
    names = iter("abcdef")

    def planned(gathered, after, means):
        other(desk, next(names))
        return make_plan(gathered, after, means)

    monkeypatch.setattr("stationd.imports.service.make_plan", planned)
    with pytest.raises(UnavailableError, match=r"a\.csv: accounts are being changed"):
        bring(HEAD + ONE)
    assert accounts(desk) == []


def test_what_is_expected_of_tests_is_imported_and_changed(bring, desk):
    head = "account,customer,address,zone,test_hours,test_grace,test_by\n"
    bring(head + "1001,Adler,12 Main St,America/Denver,24,90,ANY\n")
    assert read_whole(desk, "1001")["account"]["details"] == {
        "test_by": "any",
        "test_grace": 90,
        "test_hours": 24,
    }
    bring("account,test_grace\n1001,0\n")
    assert read_whole(desk, "1001")["account"]["details"]["test_grace"] == 0

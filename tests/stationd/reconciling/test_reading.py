import pytest

from stationd.automation import AutomationSettings
from stationd.errors import ImportRejectedError
from stationd.imports.model import Source
from stationd.reconciling.model import Listed
from stationd.reconciling.reading import read_list

PLAIN = AutomationSettings()


def read(text: str, settings: AutomationSettings = PLAIN) -> list[Listed]:
    return read_list(Source(name="list.csv", data=text.encode()), settings)


def test_headings_are_found_by_their_own_names_or_by_the_settings() -> None:
    named = AutomationSettings(columns={"Acct No.": "account", "Subscriber": "customer"})
    expected = [Listed(line=2, account="1001", customer="Adler")]
    assert read("Account;Customer\n 1001 ;Adler\n") == expected
    assert read("acct no.;City;subscriber\n1001;Rome;Adler\n", named) == expected


def test_rows_whose_status_says_so_are_not_there() -> None:
    settings = AutomationSettings(inactive=("Cancelled",))
    rows = "account,status\n1,Active\n2,CANCELLED\n3,\n"
    assert [one.account for one in read(rows, settings)] == ["1", "3"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "empty"),
        ("name\nAdler\n", "no column is the account or the number"),
        ("account,Account\n1,2\n", "two columns give account"),
        ("account,customer\n1,Adler\n2\n", "list.csv:3: 1 cells"),
        ("account,customer\n,Adler\n", "list.csv:2: neither an account nor a number"),
        (f"account\n{'1' * 41}\n", "more than 40"),
        ('account\n"1001\n1002\n', "cannot be read"),
    ],
)
def test_of_a_list_that_cannot_be_read_whole_nothing_is_believed(text: str, fault: str) -> None:
    with pytest.raises(ImportRejectedError, match=fault):
        read(text)

"""Who reads."""

from stationd.access.model import Reader


def test_a_login_counts_before_the_machines_user_and_the_two_are_told_apart():
    assert Reader(login="olga", user="root", address="local").name == "olga"
    assert Reader(login=None, user="root", address="local").name == "os:root"

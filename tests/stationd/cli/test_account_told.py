"""`stationctl account told`."""


def test_whom_the_end_is_told_is_entered_bit_by_bit_and_shown(opened, ok, value):
    words = ("account", "told", "1001", "authority")
    ok(*words, "--name", "Fire Marshal", "--address", "9 Fire Lane")
    found = value(*words, "--email", "fire@example.com")
    assert found == {
        "authority": {
            "name": "Fire Marshal",
            "address": "9 Fire Lane",
            "email": "fire@example.com",
        },
        "issuer": {},
    }
    assert "9 Fire Lane" in ok("account", "told", "1001")

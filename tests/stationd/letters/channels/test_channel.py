import pytest

from stationd.letters.channels.channel import Parcel, Sent


def test_a_parcel_and_a_proof_do_not_change():
    parcel = Parcel(key="k", channel="post", recipient="A", address="1", file="f", content=b"")
    with pytest.raises(AttributeError):
        parcel.key = "other"
    assert Sent({"reply": "250"}).proof == {"reply": "250"}

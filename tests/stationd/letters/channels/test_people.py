from stationd.letters.channels.channel import Lies, Parcel
from stationd.letters.channels.people import PeopleChannel

PARCEL = Parcel(
    key="k1", channel="hand", recipient="Acme", address="1 Main", file="l.pdf", content=b""
)


def test_what_people_carry_is_left_to_them():
    began = []
    channel = PeopleChannel()
    assert isinstance(channel.send(PARCEL, lambda: began.append(1)), Lies)
    assert began == [1]
    assert isinstance(channel.recover(PARCEL, None), Lies)
    channel.call_back("k1")

"""TCP connections for a crowd."""

import pytest

from stationd.simulate.crowd_streams import CALL_AGAIN, Medium, Standing, call
from stationd.simulate.measures import Connections
from stationd.simulate.noise import Noise

ADDRESS = ("station.example", 4711)


class User:
    """Whoever speaks on a connection; keeps what it is told."""

    def __init__(self):
        self.told = []
        self.stream = None

    def begin(self, stream):
        self.stream = stream
        self.told.append("begin")

    opened = begin

    def received(self, stream, data):
        self.told.append(data)

    def ended(self):
        self.told.append("ended")

    def lost(self, stream):
        self.told.append("lost")

    def failed(self):
        self.told.append("failed")


@pytest.fixture
def medium(net):
    return Medium(reactor=net, ticks=net.ticks, connections=Connections())


def noisy(net, **shares):
    quiet = {"damaged": 0.0, "cut": 0.0, "held": 0.0, "before": 0.0, "broken": 0.0}
    noise = Noise(1, end=b"\r", **(quiet | shares))
    return Medium(reactor=net, ticks=net.ticks, connections=Connections(), noise=noise)


def test_a_call_carries_bytes_both_ways_and_is_counted(net, medium):
    user = User()
    call(medium, ADDRESS, user)
    net.pass_(0.01)
    user.stream.send(b"5011\x14")
    net.pass_(0.1)
    user.stream.hang_up()
    net.pass_(0.1)
    assert user.told == ["begin", b"\x06", "lost"]
    assert net.sent() == [b"5011\x14"]
    assert medium.connections.as_json() == {"made": 1, "failed": 0, "lost": 0, "most_open": 1}


def test_a_call_that_is_not_taken_is_told(net, medium):
    user = User()
    net.letting_in = False
    call(medium, ADDRESS, user)
    net.pass_(0.01)
    assert user.told == ["failed"]
    assert medium.connections.failed == 1


def test_a_standing_connection_is_made_again_where_it_ends(net, medium):
    user = User()
    standing = Standing(medium, ADDRESS, user)
    standing.open()
    standing.open()
    net.pass_(0.01)
    assert net.called == [4711]
    net.wires[0].cut()
    assert (user.told, standing.stream) == (["begin", "ended"], None)
    net.pass_(CALL_AGAIN - 0.01)
    assert len(net.wires) == 1
    net.pass_(0.05)
    assert user.told == ["begin", "ended", "begin"]
    assert medium.connections.as_json() == {"made": 2, "failed": 0, "lost": 1, "most_open": 1}


def test_a_standing_connection_keeps_calling_until_it_is_let_in(net, medium):
    user = User()
    net.letting_in = False
    Standing(medium, ADDRESS, user).open()
    net.pass_(2.1)
    assert medium.connections.failed == 5
    net.letting_in = True
    net.pass_(CALL_AGAIN)
    assert user.told == ["begin"]


@pytest.mark.parametrize("at_once", [False, True])
def test_a_connection_that_was_taken_away_stays_away_until_it_is_opened(net, medium, at_once):
    user = User()
    standing = Standing(medium, ADDRESS, user)
    standing.open()
    net.pass_(0.01)
    standing.close(at_once=at_once)
    net.pass_(2)
    assert (user.told, len(net.called)) == (["begin", "ended"], 1)
    standing.open()
    net.pass_(0.01)
    assert user.told == ["begin", "ended", "begin"]
    assert medium.connections.lost == 0


def test_a_connection_that_comes_after_it_was_taken_away_is_ended(net, medium):
    user = User()
    standing = Standing(medium, ADDRESS, user)
    standing.open()
    standing.close()
    net.pass_(1)
    assert (user.told, net.wires[0].open) == (["ended"], False)


def test_what_a_standing_connection_brings_is_handed_over(net, medium):
    user = User()
    Standing(medium, ADDRESS, user).open()
    net.pass_(0.01)
    user.stream.send(b"x\x14")
    net.pass_(0.1)
    assert user.told == ["begin", b"\x06"]


def test_what_follows_a_held_frame_is_joined_behind_it(net):
    user = User()
    call(noisy(net, held=1.0), ADDRESS, user)
    net.pass_(0.01)
    user.stream.send(b"one")
    user.stream.send(b"two")
    assert net.sent() == []
    net.pass_(0.1)
    user.stream.send(b"three")
    net.pass_(0.1)
    assert net.sent() == [b"onetwo", b"three"]


def test_the_rest_of_a_cut_frame_comes_before_the_next(net):
    user = User()
    call(noisy(net, cut=1.0), ADDRESS, user)
    net.pass_(0.01)
    user.stream.send(b"one")
    user.stream.send(b"two")
    net.pass_(0.1)
    assert b"".join(net.sent()) == b"onetwo"
    assert len(net.sent()) == 2


def test_a_line_with_noise_sends_what_the_noise_leaves_alone(net):
    user = User()
    call(noisy(net), ADDRESS, user)
    net.pass_(0.01)
    user.stream.send(b"one")
    assert net.sent() == [b"one"]


def test_reading_is_paused_and_taken_up_again(net, medium):
    user = User()
    call(medium, ADDRESS, user)
    net.pass_(0.01)
    user.stream.pause()
    assert not net.wires[0].reading
    user.stream.resume()
    assert net.wires[0].reading

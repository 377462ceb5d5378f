"""A noisy line."""

from hypothesis import given
from hypothesis import strategies as st

from stationd.simulate.noise import Noise, Piece

QUIET = {"damaged": 0.0, "cut": 0.0, "held": 0.0, "before": 0.0, "broken": 0.0}
FRAMES = st.binary(min_size=2, max_size=60)
SEEDS = st.integers(0, 1000)


def noise(seed=1, **shares):
    return Noise(seed, end=b"\x14", **(QUIET | shares))


@given(FRAMES, SEEDS)
def test_a_line_without_noise_changes_nothing(frame, seed):
    assert noise(seed).on_stream(frame) == Piece(frame)
    assert noise(seed).on_datagram(frame) == frame


@given(FRAMES, SEEDS)
def test_a_cut_frame_comes_in_two_parts(frame, seed):
    piece = noise(seed, cut=1.0).on_stream(frame)
    assert piece.now + piece.later == frame
    assert piece.now
    assert piece.later


@given(FRAMES, SEEDS)
def test_a_held_frame_comes_later(frame, seed):
    assert noise(seed, held=1.0).on_stream(frame) == Piece(b"", frame)


@given(st.binary(min_size=2).filter(lambda frame: 0 not in frame), SEEDS)
def test_a_damaged_frame_has_one_nul(frame, seed):
    raw = noise(seed, damaged=1.0).on_datagram(frame)
    place = raw.index(0)
    assert len(raw) == len(frame)
    assert raw[:place] + frame[place : place + 1] + raw[place + 1 :] == frame


@given(FRAMES, SEEDS)
def test_noise_before_a_frame_is_ended_and_shows_that_it_was_damaged(frame, seed):
    raw = noise(seed, before=1.0).on_datagram(frame)
    burst = raw.removesuffix(frame)
    assert burst.endswith(b"\x14")
    assert b"\x00" in burst


@given(FRAMES, SEEDS)
def test_half_a_frame_goes_before_a_broken_one(frame, seed):
    raw = noise(seed, broken=1.0).on_datagram(frame)
    assert raw == frame[: len(frame) // 2] + b"\x00" + frame


def test_the_same_seed_makes_the_same_noise_and_all_of_it_happens():
    one, other = Noise(7, end=b"\r"), Noise(7, end=b"\r")
    frame = b"a frame of some length"
    pieces = [one.on_stream(frame) for _ in range(1000)]
    assert pieces == [other.on_stream(frame) for _ in range(1000)]
    kinds = {(bool(p.now), bool(p.later), frame in p.now + p.later) for p in pieces}
    assert len(kinds) == 6

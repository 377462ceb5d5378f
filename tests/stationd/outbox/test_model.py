from stationd.outbox.model import BY_PROGRAM, WAYS, State


def test_the_program_sends_by_ways_that_there_are():
    assert set(WAYS) >= BY_PROGRAM
    assert len({state.value for state in State}) == len(State)

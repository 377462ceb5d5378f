"""The exceptions, by what the caller does next."""

import inspect
import re

import pytest

from stationd import errors

RAISED = [getattr(errors, name) for name in errors.__all__]


def test_every_exception_of_the_module_is_named():
    defined = {
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, Exception)
    }
    assert defined == set(errors.__all__)


@pytest.mark.parametrize("error", RAISED)
def test_each_is_ours_and_is_called_an_error(error):
    assert issubclass(error, errors.StationdError)
    assert error.__name__.endswith("Error")


@pytest.mark.parametrize("error", [each for each in RAISED if each is not errors.StationdError])
def test_each_stands_in_the_tree_with_its_exit_code(error):
    assert f"`{error.__name__}`" in errors.__doc__
    assert error.exit_code in {1, 2, 3, 4, 5}


def test_the_tree_gives_the_exit_codes_the_classes_have():
    for name, code in re.findall(r"`(\w+)` \((\d)\)", errors.__doc__):
        assert getattr(errors, name).exit_code == int(code)


@pytest.mark.parametrize("make", [errors.SettingsError, errors.ImportRejectedError])
def test_a_file_that_is_wrong_tells_every_problem(make):
    error = make("file.csv", ["line 2: no", "line 9: no"])
    assert error.problems == ("line 2: no", "line 9: no")
    assert str(error).splitlines()[0].startswith("file.csv")
    assert all(problem in str(error) for problem in error.problems)


@pytest.mark.parametrize(
    ("known", "end"),
    [((), "Nothing leaves this state."), (("start", "close"), "From here: start, close.")],
)
def test_an_unknown_step_says_what_is_possible(known, end):
    error = errors.StepUnknownError("closed", "reopen", known)
    assert str(error) == f"A case in state closed has no step reopen. {end}"


def test_a_refusal_carries_every_result():
    error = errors.RefusedError("Guards say no.", [1, 2])
    assert error.results == (1, 2)
    assert str(error) == "Guards say no."

"""An error of ours goes from one process to another as it is, whatever its class is made from."""

import pickle

import pytest

from app.core.errors import AppError, FieldError, Invalid, TooManyRequests, Unauthenticated
from app.intake.register import KeyReused


@pytest.mark.parametrize(
    "error",
    [
        KeyReused(),
        Invalid(errors=[FieldError("topic", "unknown_code", {"near": "land"})]),
        TooManyRequests(retry_after=7),
        Unauthenticated(extra={"more": 1}),
    ],
    ids=lambda error: error.code,
)
def test_it_is_the_same_afterwards(error: AppError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert (again.as_json("en"), again.headers, str(again)) == (
        error.as_json("en"),
        error.headers,
        str(error),
    )

"""The service: right answers, bad requests refused with one sentence, out-of-scope questions marked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from housing_table import made_up

from mlbook.ml import housing
from mlbook.ml.service import MAX_BYTES, Valuer, serving

FRAME = made_up()
X, Y = FRAME.drop(columns=housing.TARGET), FRAME[housing.TARGET]
MODEL = housing.pipeline("coordinates").fit(X, Y)
GOOD: dict[str, Any] = X.iloc[[0]].to_dict(orient="records")[0]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(Valuer(MODEL, known=X, version="test-1", reach_km=50)) as given:
        yield given


def send(address: str, body: bytes, path: str = "/value") -> tuple[int, dict[str, Any]]:
    try:
        with urlopen(Request(address + path, data=body), timeout=10) as response:
            return response.status, json.load(response)
    except HTTPError as error:
        return error.code, json.load(error)


def test_it_is_up_on_this_machine_alone(address: str) -> None:
    assert address.startswith("http://127.0.0.1:")
    with urlopen(address + "/health", timeout=10) as response:
        assert json.load(response) == {"status": "ok", "version": "test-1"}


def test_it_answers_as_the_model_does(address: str) -> None:
    status, content = send(address, json.dumps([GOOD, GOOD]).encode())
    assert status == 200
    values = [row["value"] for row in content["block_groups"]]
    assert values == pytest.approx([MODEL.predict(X.iloc[[0]])[0]] * 2, abs=50)  # rounded to hundreds
    assert content["block_groups"][0] == {"value": values[0], "nearest_km": 0.0, "in_scope": True}


def test_a_missing_bedroom_count_is_welcome(address: str) -> None:
    status, content = send(address, json.dumps([GOOD | {"total_bedrooms": None}]).encode())
    assert status == 200 and content["block_groups"][0]["value"] > 0


def test_far_questions_are_marked(address: str) -> None:
    _, content = send(address, json.dumps([GOOD | {"longitude": -100.0}]).encode())
    assert content["block_groups"][0]["in_scope"] is False
    assert content["block_groups"][0]["nearest_km"] > 1000


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ([], "send a JSON list of objects"),
        ({}, "send a JSON list of objects"),
        ([[1]], "send a JSON list of objects"),
        ([{k: v for k, v in GOOD.items() if k != "households"}], "record 0 lacks households"),
        ([GOOD, GOOD | {"households": "many"}], "record 1: households is 'many'"),
        ([GOOD | {"households": 0}], "must be above zero"),
        ([GOOD | {"latitude": None}], "latitude is None"),
        ([GOOD | {"latitude": True}], "latitude is True"),
        ([GOOD | {"median_income": float("inf")}], "median_income is inf"),
        ([GOOD | {"median_income": 10**400}], "median_income is too large"),
        ([GOOD | {"total_bedrooms": -1}], "must be above zero"),
        ([GOOD | {"housing_median_age": -1}], "must not be negative"),
        ([GOOD | {"ocean_proximity": [1]}], "ocean_proximity is not one of"),
        ([GOOD | {"ocean_proximity": "NEAR LAKE"}], "ocean_proximity is not one of"),
        ([GOOD | {"households": "9" * 1000}], "..., not a finite number"),
    ],
)
def test_bad_records_are_refused_with_a_sentence(address: str, records: Any, message: str) -> None:
    status, content = send(address, json.dumps(records).encode())
    assert status == 400
    assert message in content["error"]
    assert send(address, json.dumps([GOOD]).encode())[0] == 200


def test_bad_requests_are_refused(address: str) -> None:
    assert send(address, b"{not json")[0] == 400
    assert send(address, b"\xff\xfe")[0] == 400
    assert send(address, b"[" * 200_000)[0] == 400
    assert send(address, b"[]", path="/elsewhere")[0] == 404
    with pytest.raises(HTTPError) as caught:
        urlopen(address + "/../etc/passwd", timeout=10)
    assert caught.value.code == 404


def test_a_flood_is_refused_before_it_is_read(address: str) -> None:
    request = Request(address + "/value", data=b"x", headers={"Content-Length": str(MAX_BYTES + 1)})
    with pytest.raises(HTTPError) as caught:
        urlopen(request, timeout=10)
    assert caught.value.code == 413


@pytest.mark.parametrize("length", ["²", "-1", "+1", "two"])
def test_a_length_that_is_no_number_is_refused(address: str, length: str) -> None:
    host, port = address.removeprefix("http://").split(":")
    connection = HTTPConnection(host, int(port), timeout=10)
    connection.putrequest("POST", "/value")
    connection.putheader("Content-Length", length.encode("latin-1"))
    connection.endheaders()
    response = connection.getresponse()
    assert response.status == 411 and json.load(response)["error"]
    connection.close()


def test_a_length_of_thousands_of_digits_is_refused(address: str) -> None:
    request = Request(address + "/value", data=b"x", headers={"Content-Length": "9" * 5000})
    with pytest.raises(HTTPError) as caught:
        urlopen(request, timeout=10)
    assert caught.value.code == 413

"""A small web service around a valuation model; its server is the standard library's.

- `POST /value` takes a JSON list of block groups and returns their values, each with the distance to the
  nearest block group that the model knows, and whether that is within the service's reach.
- `GET /health` says that the service is up, and which model it serves.
- Whatever is wrong with such a request is answered with 4xx and one sentence; methods other than GET and POST
  get the library's 501. It listens on 127.0.0.1 alone.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors

from mlbook.ml.housing import COUNTS
from mlbook.ml.spatial import to_km

MAX_BYTES = 1_000_000
NUMBERS = ["longitude", "latitude", *COUNTS]
ABOVE_ZERO = ["total_rooms", "total_bedrooms", "population", "households", "median_income"]
COASTS = ("<1H OCEAN", "INLAND", "ISLAND", "NEAR BAY", "NEAR OCEAN")


class Valuer:
    """A fitted model together with what it knows, and the checks on what it is asked.

    Parameters
    ----------
    model : estimator
        Fitted; its `predict` takes a frame with the census columns.
    known : DataFrame
        The block groups that it was fitted to, with `longitude` and `latitude`.
    version : str
        Name of the model, returned with each answer.
    reach_km : float, default 10.0
        Beyond this distance from every known block group, an answer is marked as out of scope.
    """

    def __init__(self, model: Any, known: pd.DataFrame, version: str, reach_km: float = 10.0) -> None:
        self.model, self.version, self.reach_km = model, version, reach_km
        self.search = NearestNeighbors(n_neighbors=1).fit(to_km(known["longitude"], known["latitude"]))

    def answer(self, records: Any) -> list[dict[str, Any]]:
        """Value each record.

        Raises
        ------
        ValueError
            If a record lacks a column or holds nothing usable there; the message names record and column.
        """
        frame = checked(records)
        distance, _ = self.search.kneighbors(to_km(frame["longitude"], frame["latitude"]))
        return [
            {
                "value": round(float(value), -2),
                "nearest_km": round(float(km), 1),
                "in_scope": bool(km <= self.reach_km),
            }
            for value, km in zip(self.model.predict(frame), distance[:, 0], strict=True)
        ]


def checked(records: Any) -> pd.DataFrame:
    """Turn parsed JSON into a frame with the census columns; only `total_bedrooms` may be null."""
    if (
        not isinstance(records, list)
        or not records
        or not all(isinstance(record, dict) for record in records)
    ):
        raise ValueError("send a JSON list of objects, one for each block group")
    for number, record in enumerate(records):
        for name in [*NUMBERS, "ocean_proximity"]:
            if name not in record:
                raise ValueError(f"record {number} lacks {name}")
        for name in NUMBERS:
            check_number(number, name, record[name])
        if record["ocean_proximity"] not in COASTS:
            raise ValueError(f"record {number}: ocean_proximity is not one of {', '.join(COASTS)}")
    frame = pd.DataFrame(records)[[*NUMBERS, "ocean_proximity"]]
    return frame.assign(total_bedrooms=frame["total_bedrooms"].astype(float).fillna(np.nan))


def check_number(number: int, name: str, value: Any) -> None:
    """Raise a ValueError unless record `number` may hold this value in the column `name`."""
    if value is None and name == "total_bedrooms":
        return
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"record {number}: {name} is {shortened(value)}, not a finite number")
    try:
        value = float(value)
    except OverflowError:
        raise ValueError(f"record {number}: {name} is too large") from None
    if not math.isfinite(value):
        raise ValueError(f"record {number}: {name} is {value!r}, not a finite number")
    if name in ABOVE_ZERO and value <= 0:
        raise ValueError(f"record {number}: {name} is {value!r}; it must be above zero")
    if name == "housing_median_age" and value < 0:
        raise ValueError(f"record {number}: {name} is {value!r}; it must not be negative")


def shortened(value: Any) -> str:
    """Write a value in at most 60 characters."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


@contextmanager
def serving(valuer: Valuer, port: int = 0) -> Iterator[str]:
    """Serve in a thread while the `with` block runs; yields the address. Port 0 takes a free one."""
    server = ThreadingHTTPServer(("127.0.0.1", port), handler(valuer))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def handler(valuer: Valuer) -> type[BaseHTTPRequestHandler]:
    """Return the request handler for this model."""

    class Handler(BaseHTTPRequestHandler):
        """Answers requests with JSON."""

        def do_GET(self) -> None:
            """Say that the service is up."""
            if self.path == "/health":
                self._send(200, {"status": "ok", "version": valuer.version})
            else:
                self._send(404, {"error": "there are GET /health and POST /value"})

        def do_POST(self) -> None:
            """Value block groups."""
            length = self.headers.get("Content-Length", "")
            if self.path != "/value":
                self._send(404, {"error": "there are GET /health and POST /value"})
            elif not (length.isascii() and length.isdecimal()):
                self._send(411, {"error": "send a Content-Length"})
            elif len(length) > 9 or int(length) > MAX_BYTES:
                self._send(413, {"error": f"send at most {MAX_BYTES} bytes"})
            else:
                self._value(self.rfile.read(int(length)))

        def _value(self, body: bytes) -> None:
            try:
                answer = valuer.answer(json.loads(body))
            except RecursionError:
                self._send(400, {"error": "the lists in this JSON are nested too deeply"})
            except (ValueError, OverflowError) as error:  # JSON that cannot be read is a ValueError, too
                self._send(400, {"error": str(error)})
            else:
                self._send(200, {"version": valuer.version, "block_groups": answer})

        def _send(self, status: int, content: dict[str, Any]) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Keep quiet: a real service would write to its log."""

    return Handler

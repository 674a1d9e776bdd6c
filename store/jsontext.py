"""JSON text as documents are kept and sent: compact and strict."""

import json
import math
from collections.abc import Callable
from json import encoder
from typing import Any, NoReturn

from store.errors import BadRequest

INVALID = "invalid UTF-8 JSON"
_read = json.JSONDecoder().raw_decode


def encoder_of(*, ensure_ascii: bool, sort_keys: bool = False) -> Callable[[object], str]:
    """A function from a value to its JSON text. It raises ValueError or TypeError for what JSON
    cannot say, RecursionError for what holds itself.

    `JSONEncoder.encode` makes its C encoder anew at each call, a fifth of the time that a small
    document takes. Here one is kept; it may be, since with `markers` None it has no state.
    """
    plain = json.JSONEncoder(
        ensure_ascii=ensure_ascii, sort_keys=sort_keys, separators=(",", ":"), allow_nan=False,
        check_circular=False,
    )  # fmt: skip
    make = getattr(encoder, "c_make_encoder", None)
    if make is None:  # an interpreter without the C part
        return plain.encode
    escaped = encoder.encode_basestring_ascii if ensure_ascii else encoder.encode_basestring
    chunks = make(None, plain.default, escaped, None, ":", ",", sort_keys, False, False)
    return lambda value: "".join(chunks(value, 0))


def parsed(text: str) -> Any:
    """The value of JSON as others may write it: no NaN, no number beyond all numbers. Raises
    BadRequest, also where it is nested deeper than can be read."""
    try:
        return json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except ValueError as error:
        raise BadRequest(INVALID) from error
    except RecursionError as error:
        raise BadRequest("The JSON is nested too deep") from error


def trusted(text: str) -> Any:
    """The value of JSON text that the store wrote: what comes from others is checked by `parsed`.

    `json.loads` looks for white space around the text, which takes nearly as long as a small
    document does. Raises ValueError where the text was damaged.
    """
    value, end = _read(text)
    if end != len(text):
        raise ValueError("something stands behind the value")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"{digits} is beyond all numbers")
    return number

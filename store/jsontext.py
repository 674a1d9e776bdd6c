"""JSON text as documents are kept and sent: compact and strict."""

import json
from collections.abc import Callable
from json import encoder


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

"""JSON without blanks, written by the encoder in C that `json.JSONEncoder` sets up anew for each text.

A message has some 25 texts, most of them short: setting up was half of what they cost.
"""

import json.encoder
from collections.abc import Callable
from typing import Any


def make_writer(
    *, escaped: bool = False, default: Callable[[Any], Any] | None = None, nan: bool = True, ordered: bool = False
) -> Any:
    """A function from a value to its text, as `JSONEncoder.encode`; ValueError for NaN and infinity without `nan`.

    `escaped` leaves nothing but ASCII, `ordered` sorts keys. Circles are not looked for: they end in RecursionError.
    """
    plain = json.JSONEncoder(
        ensure_ascii=escaped,
        allow_nan=nan,
        separators=(",", ":"),
        default=default,
        check_circular=False,
        sort_keys=ordered,
    )
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        # An interpreter without it.
        return plain.encode
    strings = json.encoder.encode_basestring_ascii if escaped else json.encoder.encode_basestring
    encode = make(None, plain.default, strings, None, ":", ",", ordered, False, nan)
    join = "".join

    def write(value: Any) -> str:
        return join(encode(value, 0))

    return write

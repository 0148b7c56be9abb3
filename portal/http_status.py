"""Which error leads to which HTTP status.

    400  what was sent cannot be used            413  too many bytes
    401  no API key, or another                  422  well-formed, but against a rule
    404  nothing under that name                 500  a mistake of ours
    405  the route does not know the method      502  something behind us is unreachable or wrong
    409  against the present state               503  locked, busy, or not set up yet

An error's code is looked up along its class tree, the most special first, as in `portal.exit_codes`.
"""

from __future__ import annotations

from typing import Final

BY_CODE: Final[dict[str, int]] = {
    # portal
    "portal.workspace": 503,
    "portal.config": 503,
    "portal.key": 503,
    "portal.password-missing": 503,
    "portal.database": 503,
    "portal.engine": 502,
    "portal.chain": 503,
    "portal.input": 400,
    "portal.not-found": 404,
    "portal.serve": 503,
    "portal.demo": 500,
    "portal.request": 400,
    "portal.unauthorized": 401,
    "portal.body-too-large": 413,
    "portal.route-unknown": 404,
    "portal.method-unknown": 405,
}


def of_class(error: type[BaseException]) -> int | None:
    """The HTTP status that `error` leads to, None when it is in no listed tree."""
    for ancestor in error.__mro__:
        found = BY_CODE.get(ancestor.__dict__.get("code", ""))
        if found is not None:
            return found
    return None

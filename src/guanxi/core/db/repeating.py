"""Once more, where the database let one of two transactions go first and refused the other: nothing of it was kept, nobody need know."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connection

T = TypeVar("T")
# Two wait for each other; or one read what another has changed meanwhile.
PASSING = ("40P01", "40001")
MOST_TRIES = 3
# Seconds, doubled with each try; a part of it by chance, so that two do not meet again.
PAUSE = 0.02


def is_passing(error: BaseException) -> bool:
    """Whether the same transaction may well succeed when it is tried again."""
    return isinstance(error, OperationalError) and getattr(error.__cause__, "sqlstate", "") in PASSING


def repeated(run: Callable[[], T]) -> T:
    """What `run` answers, which opens its own transaction; tried again when the database refused it for the moment only."""
    for tried in range(1, MOST_TRIES):
        try:
            return run()
        except OperationalError as error:
            # Inside a larger transaction everything before it is lost too: only who began that can try again.
            if not is_passing(error) or connection.in_atomic_block:
                raise
        time.sleep(PAUSE * 2**tried * random.uniform(0.5, 1))
    return run()

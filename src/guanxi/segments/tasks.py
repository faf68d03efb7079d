"""Counting segments by the clock."""

from guanxi.core.jobs import every
from guanxi.segments.services import count_again, count_all

# A job that stands beside its work: a worker knows it by this import.
ELSEWHERE = (count_again,)


@every("22 * * * *", name="segments.count_timed")
def count_timed() -> None:
    """Segments that hold by the day."""
    count_all(timed=True)


@every("35 1 * * *", name="segments.count_all")
def count_every() -> None:
    """All segments, so that each has a size for each day."""
    count_all()

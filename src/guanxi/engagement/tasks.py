"""Work of engagement by the clock."""

from guanxi.core.jobs import every
from guanxi.engagement.services import remind_silent, send_links

# A job that stands beside its work: a worker knows it by this import.
ELSEWHERE = (send_links,)


@every("14 * * * *", name="engagement.remind")
def remind() -> None:
    """Once more to who has not answered."""
    remind_silent()

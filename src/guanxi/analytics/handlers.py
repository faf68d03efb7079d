"""What analytics hears: a person was erased."""

from guanxi.analytics.services.following import enqueue_follow
from guanxi.core.events import Delivery, on
from guanxi.records.events import PersonErased


@on(PersonErased)
def forget_person(event: PersonErased, delivery: Delivery) -> None:
    """The copies in the warehouse go at once, not with the next run."""
    enqueue_follow()

"""What engagement does when something happened: an answer with a low score makes a task."""

from guanxi.core.events import Delivery, on
from guanxi.engagement.events import QuestionnaireAnswered
from guanxi.engagement.services import follow_low_score


@on(QuestionnaireAnswered)
def call_back(event: QuestionnaireAnswered, delivery: Delivery) -> None:
    """Somebody is not content: the one who looks after the customer calls."""
    follow_low_score(delivery.tenant_id, event.answer_id)

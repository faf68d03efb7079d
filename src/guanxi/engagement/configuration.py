"""What engagement has of a company's configuration."""

from django.utils.translation import gettext_lazy as _

from guanxi.records.configuration.parts import CONFIGURATION, of_records


def register_parts() -> None:
    """Questionnaires with their questions, and offers."""
    CONFIGURATION.register("questionnaires", of_records("questionnaire", _("Questionnaires"), 80, ("name",)))
    CONFIGURATION.register("offers", of_records("offer", _("Offers"), 81, ("name",)))

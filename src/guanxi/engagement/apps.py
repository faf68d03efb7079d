"""What is offered to customers and asked of them: offers with responses, questionnaires with answers."""

from django.apps import AppConfig


class EngagementConfig(AppConfig):
    name = "guanxi.engagement"
    label = "engagement"

"""Mail as addresses know it: templates, messages on their way, receipts. Knows no customer."""

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "guanxi.messaging"
    label = "messaging"

"""The room engagement as the record engine sees it."""

from guanxi.engagement.described import offers, questionnaires

__all__ = ["offers", "questionnaires"]

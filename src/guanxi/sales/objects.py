"""The sales room as the record engine sees it."""

from guanxi.sales.described import leads, opportunities, orders, quotes, settings

__all__ = ["leads", "opportunities", "orders", "quotes", "settings"]

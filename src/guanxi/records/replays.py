"""How long the answers to repeated writes are kept."""

from datetime import timedelta

from django.utils import timezone

from guanxi.records.models import IdempotencyKey

KEPT = timedelta(hours=24)


def forget_old_keys() -> int:
    """Remove the running tenant's keys of over 24 hours ago; returns how many."""
    removed, _by_model = IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
    return int(removed)

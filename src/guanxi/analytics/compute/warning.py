"""Steps that tell people: early warnings as tasks, lines on the timelines of customers whose stage or grade changed."""

from collections.abc import Mapping
from typing import Any

from guanxi.analytics.compute.context import Context
from guanxi.analytics.keeping.timeline import tell_timelines
from guanxi.analytics.keeping.warning import warn


def warnings(context: Context) -> Mapping[str, Any]:
    """Warn within the limits of the settings, and write what changed on the timelines."""
    told: dict[str, Any] = dict(warn(context.tenant_id, context.as_of, context.settings))
    context.tell(0.5, "")
    return told | {"lines": tell_timelines(context.tenant_id, context.as_of)}

"""Why no allocation keeps the limits of a plan, in words, beside the field that is to be changed."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from guanxi.analytics.models import AllocationPlan
from guanxi.core.ui import formats


def problem_at(plan: AllocationPlan, names: Mapping[UUID, str]) -> tuple[str, str]:
    """The field of the form to look at ("" for the whole), and the sentence; two empty texts where nothing is wrong."""
    why: Mapping[str, Any] = plan.problem or {}
    code = why.get("code")
    if not code:
        return "", ""
    key = str(why.get("offer", ""))
    name = names.get(UUID(key), "–") if key else ""
    if code == "minimum":
        counts = {"name": name, "open": formats.number(why["open"]), "minimum": formats.number(why["minimum"])}
        return f"minimum_{key}", _("“%(name)s” can be proposed to %(open)s customers only; the minimum is %(minimum)s.") % counts  # fmt: skip
    if code == "not_offered":
        return "offers", _("“%(name)s” cannot be proposed now.") % {"name": name}
    if code == "no_margin":
        return "offers", _("“%(name)s” has no margin in the company's currency.") % {"name": name}
    if code == "nobody":
        return "segment", _("There is no customer to plan for.")
    if code == "limits":
        return "budget", _("No allocation keeps all limits together: the minimums ask for more money or more places than there are.")  # fmt: skip
    if code == "broken_off":
        return "", _("The computation was broken off. Compute it again.")
    return "", _("The computation failed: %(text)s") % {"text": why.get("text", "")}

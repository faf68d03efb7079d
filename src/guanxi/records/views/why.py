"""The dialog that says why somebody may or may not see, change or delete a record."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from guanxi.records.queries import get_record, may_change, shown_label
from guanxi.records.screens import fragment
from guanxi.records.sharing.reading import colleagues
from guanxi.records.views.base import actor_of, object_of, uuids
from guanxi.records.why import explain


@require_safe
def why(request: HttpRequest, plural: str, id: UUID) -> HttpResponse:
    """For oneself or, with `?person=`, for a colleague."""
    kind = object_of(request, plural)
    actor = actor_of(request)
    record = get_record(actor, kind.name, id)
    chosen = uuids([request.GET.get("person", "")])
    asks = actor.is_admin or may_change(actor, kind.name, record)
    context = {
        "name": shown_label(actor, record),
        "explanation": explain(actor, kind.name, id, chosen[0] if chosen else None),
        "action": f"/{kind.plural}/{id}/why",
        "people": [(str(one.id), one.name) for one in colleagues()] if asks else [],
        "person": str(chosen[0] if chosen else actor.member_id),
        "titles": {"view": _("See it"), "edit": _("Change it"), "delete": _("Delete it")},
    }
    return fragment(request, "records/why_dialog.html.jinja", context)

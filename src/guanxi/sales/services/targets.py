"""Monthly targets."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.records.changes import create_record, update_record
from guanxi.sales.models import SalesTarget
from guanxi.sales.services.common import as_date, key_of


def set_target(
    actor: Actor, *, month: date | str, amount: Decimal | str, member: Any = None, team: Any = None
) -> SalesTarget:
    """The target of a person or a team for the month of a day, in the company's currency; a second call changes it."""
    with tenant_tx(actor.tenant_id):
        first = as_date(month, "month").replace(day=1)
        holder = {"member": key_of(member), "for_team": key_of(team)}
        if not holder["member"] and not holder["for_team"]:
            raise Invalid({"member": [_("Name either a person or a team.")]})
        known = SalesTarget.objects.filter(
            month=first, member_id=holder["member"], for_team_id=holder["for_team"], deleted_at=None
        ).first()
        if known is not None:
            return update_record(actor, "sales_target", known.id, {"amount": amount})  # type: ignore[no-any-return]
        return create_record(actor, "sales_target", {**holder, "month": first, "amount": amount})  # type: ignore[no-any-return]

"""Lines of quotes: saved as they are typed; a discount above one's limit asks for approval."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.sales.limits import limits_of
from guanxi.sales.models import Approval, Quote, QuoteStatus
from guanxi.sales.rules import EDITABLE_QUOTES, QUOTE_COMMANDS
from guanxi.sales.services.common import check_version, locked, put, require_status
from guanxi.sales.services.lines import Line, highest_discount, replace_lines, totals_of


def save_quote_lines(actor: Actor, record_id: Any, lines: Sequence[Line], *, version: int | None = None) -> Quote:
    """Replace the lines of a draft (see `lines`) and its totals. Raises `Invalid` ("lines.2.quantity"), `Conflict`, `Stale`."""
    with tenant_tx(actor.tenant_id):
        quote: Quote = locked(actor, "quote", record_id)
        check_version(quote, version)
        require_status(quote, EDITABLE_QUOTES, _("This quote has left the house. Make a new version to change it."))
        rows = replace_lines(actor, quote, lines)
        values = totals_of(rows, quote.currency) | approval_after_change(actor, rows)
        return put(actor, "quote", quote, values, QUOTE_COMMANDS)


def approval_after_change(actor: Actor, rows: Iterable[Any]) -> dict[str, Any]:
    """Back to a draft, and whether it needs approval now."""
    needed = highest_discount(rows) > limits_of(actor).discount
    return {
        "status": QuoteStatus.DRAFT,
        "approval": Approval.NEEDED if needed else Approval.NONE,
        "approval_note": "",
    }

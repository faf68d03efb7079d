"""`guanxi configuration`: export and import of a company's configuration."""

from collections.abc import Sequence
from dataclasses import asdict

import orjson

from guanxi.core.errors import NotFound
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership
from guanxi.identity.queries import actor_of_user
from guanxi.identity.services.tenants import tenant_by_slug
from guanxi.project.failure import Failure
from guanxi.records.configuration.applying import apply_document
from guanxi.records.configuration.comparing import REMOVED, compare, document

_LOOK = orjson.OPT_INDENT_2


def exported(*, tenant: str) -> str:
    """The configuration as JSON."""
    found = tenant_by_slug(tenant)
    with tenant_tx(found.id):
        return orjson.dumps(document(_administrator(found.id)), option=_LOOK).decode()


def imported(*, tenant: str, text: str, dry: bool, remove: bool, only: Sequence[str] | None) -> list[str]:
    """One line for each difference, the figures last."""
    try:
        given = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise Failure("The file is not valid JSON.") from None
    found = tenant_by_slug(tenant)
    with tenant_tx(found.id):
        actor = _administrator(found.id)
        differences = compare(actor, given)
        lines = [f"{one.kind}\t{one.name}" for one in differences if _counts(one.name, one.kind, only, remove)]
        if dry:
            kinds = [line.partition("\t")[0] for line in lines]
            figures = {kind: kinds.count(kind) for kind in ("added", "changed", "removed")}
        else:
            figures = asdict(apply_document(actor, given, only=only, remove=remove))
    return [*lines, orjson.dumps(figures).decode()]


def _counts(name: str, kind: str, only: Sequence[str] | None, remove: bool) -> bool:
    return name in only if only is not None else remove or kind != REMOVED


def _administrator(tenant_id: object) -> Actor:
    """The company's first administrator: views and reports need somebody who keeps them."""
    member = Membership.objects.filter(role__is_admin=True, is_active=True).order_by("id").first()
    actor = actor_of_user(tenant_id, member.user_id, via="cli") if member else None  # type: ignore[arg-type]
    if actor is None:
        raise NotFound("The company has no active administrator.")
    return actor

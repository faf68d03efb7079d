"""The roles every tenant starts with; an administrator changes them afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Grants = Mapping[str, Mapping[str, str]]

# Definitions that everybody works with and only administrators change.
SHARED = (
    "product", "product_family", "unit", "tax", "price_book", "price_book_entry", "pipeline", "stage", "reason", "competitor",
    "message_template", "tag", "user", "team", "offer", "questionnaire",
)  # fmt: skip


@dataclass(frozen=True)
class DefaultRole:
    """A role as it is created: the key never changes, the name is stored in the tenant's language."""

    key: str
    name: Promise
    is_admin: bool = False
    grants: Grants = field(default_factory=dict)


# Lists that serve everybody, kept by whoever made them.
SEGMENTS = {"view": "all", "create": "own", "edit": "own", "delete": "own", "export": "all", "import": "own"}


def _grants(business: Mapping[str, str]) -> Grants:
    """`business` for every object, reading only for the shared definitions."""
    return {"*": dict(business)} | {name: {"view": "all"} for name in SHARED}


ADMINISTRATOR = DefaultRole("administrator", _("Administrator"), is_admin=True)
MANAGER = DefaultRole(
    "manager",
    _("Manager"),
    grants={
        **_grants({"*": "below"}),
        "segment": {**SEGMENTS, "edit": "below", "delete": "below"},
        "offer": {"*": "all"},
        "questionnaire": {"*": "all"},
    },
)
OWN_BUSINESS = {
    "view": "team", "create": "own", "edit": "own", "delete": "own", "export": "own", "import": "own",
}  # fmt: skip
# A task may be given to a colleague of the same team.
SALES = DefaultRole(
    "sales",
    _("Sales representative"),
    grants={**_grants(OWN_BUSINESS), "task": {**OWN_BUSINESS, "create": "team"}, "segment": SEGMENTS},
)
READ_ONLY = DefaultRole("read-only", _("Read only"), grants={"*": {"view": "all"}})

DEFAULT_ROLES = (ADMINISTRATOR, MANAGER, SALES, READ_ONLY)
ALIASES = {"admin": "administrator", "readonly": "read-only", "read_only": "read-only"}

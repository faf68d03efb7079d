"""Commands of the customer base, split by noun. Import them from here."""

from guanxi.customers.services.consent import set_consent
from guanxi.customers.services.people import (
    add_relationship,
    link_contact,
    remove_relationship,
    remove_team_member,
    set_team_member,
    unlink_contact,
)
from guanxi.customers.services.reaching import add_point, one_line, remove_address, remove_point, save_address

__all__ = [
    "add_point",
    "add_relationship",
    "link_contact",
    "one_line",
    "remove_address",
    "remove_point",
    "remove_relationship",
    "remove_team_member",
    "save_address",
    "set_consent",
    "set_team_member",
    "unlink_contact",
]

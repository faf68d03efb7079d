"""What is known of an account or a contact beside its own row: addresses, ways to reach it, relationships, consent, identity."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from guanxi.core.models import TenantModel
from guanxi.customers.models.account import Account, PostalAddress
from guanxi.customers.models.choices import (
    AddressKind,
    ConsentChannel,
    ConsentPurpose,
    ConsentStatus,
    IdentityKind,
    PointKind,
    RelationshipKind,
)
from guanxi.customers.models.contact import Contact
from guanxi.records.models import Record


def one_of(first: str, second: str) -> models.Q:
    """The condition that exactly one of two links is set."""
    empty, filled = f"{first}__isnull", f"{second}__isnull"
    return models.Q(**{empty: True, filled: False}) | models.Q(**{empty: False, filled: True})


class OfCustomer(TenantModel):
    """Base of rows that belong to exactly one account or contact."""

    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.CASCADE, related_name="%(class)s_set")
    contact = models.ForeignKey(Contact, null=True, blank=True, on_delete=models.CASCADE, related_name="%(class)s_set")

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(condition=one_of("account", "contact"), name="%(app_label)s_%(class)s_of")
        ]


class Address(OfCustomer, PostalAddress):
    """A further address of an account or contact, by kind."""

    kind = models.CharField(_("Kind"), max_length=12, choices=AddressKind.choices, default=AddressKind.OTHER)
    label = models.CharField(_("Label"), max_length=80, blank=True)

    class Meta(OfCustomer.Meta):
        pass


class ContactPoint(OfCustomer):
    """A further phone, e-mail or messenger; `norm` is its comparable form (E.164, lower case)."""

    kind = models.CharField(_("Kind"), max_length=10, choices=PointKind.choices)
    value = models.CharField(_("Value"), max_length=254)
    norm = models.CharField(max_length=254, editable=False)
    label = models.CharField(_("Label"), max_length=80, blank=True)

    class Meta(OfCustomer.Meta):
        indexes = [models.Index(fields=["tenant_id", "kind", "norm"], name="customers_point_norm")]


class Identity(OfCustomer):
    """What a customer is recognised by: serves duplicates and the look-up of a caller. Derived, never edited."""

    kind = models.CharField(max_length=10, choices=IdentityKind.choices)
    value = models.CharField(max_length=254)

    class Meta(OfCustomer.Meta):
        constraints = [
            *OfCustomer.Meta.constraints,
            models.UniqueConstraint(
                fields=["tenant_id", "kind", "value", "account", "contact"],
                name="customers_identity_once",
                nulls_distinct=False,
            ),
        ]


class Consent(OfCustomer):
    """What a customer said about being contacted for a purpose on a channel. Rows are never changed but ended:
    the one without `ended_at` holds now, the others are its history."""

    purpose = models.CharField(_("Purpose"), max_length=12, choices=ConsentPurpose.choices)
    channel = models.CharField(_("Channel"), max_length=10, choices=ConsentChannel.choices)
    status = models.CharField(_("Status"), max_length=10, choices=ConsentStatus.choices)
    source = models.CharField(_("Source"), max_length=200, blank=True)
    at = models.DateTimeField(_("Since"))
    ended_at = models.DateTimeField(null=True, blank=True)
    member_id = models.UUIDField(null=True)

    class Meta(OfCustomer.Meta):
        constraints = [
            *OfCustomer.Meta.constraints,
            models.UniqueConstraint(
                fields=["tenant_id", "account", "purpose", "channel"],
                name="customers_consent_account",
                condition=models.Q(ended_at__isnull=True, account__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["tenant_id", "contact", "purpose", "channel"],
                name="customers_consent_contact",
                condition=models.Q(ended_at__isnull=True, contact__isnull=False),
            ),
        ]


class Relationship(TenantModel):
    """How an account or contact stands to another account or contact, read from the first to the second."""

    from_account = models.ForeignKey(Account, null=True, on_delete=models.CASCADE, related_name="+")
    from_contact = models.ForeignKey(Contact, null=True, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(_("Relationship"), max_length=20, choices=RelationshipKind.choices)
    to_account = models.ForeignKey(Account, null=True, on_delete=models.CASCADE, related_name="+")
    to_contact = models.ForeignKey(Contact, null=True, on_delete=models.CASCADE, related_name="+")
    note = models.CharField(_("Note"), max_length=300, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=one_of("from_account", "from_contact"), name="customers_relationship_from"
            ),
            models.CheckConstraint(condition=one_of("to_account", "to_contact"), name="customers_relationship_to"),
            models.UniqueConstraint(
                fields=["tenant_id", "from_account", "from_contact", "kind", "to_account", "to_contact"],
                name="customers_relationship_once",
                nulls_distinct=False,
            ),
        ]


class Competitor(Record):
    """A file on a competitor: what it offers, at what price, its strengths, where we meet it."""

    name = models.CharField(_("Name"), max_length=200)
    name_sort = models.CharField(max_length=400, editable=False, default="")
    account = models.ForeignKey(
        Account, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("Account")
    )
    website = models.CharField(_("Web site"), max_length=200, blank=True)
    offers = models.TextField(_("Offers"), blank=True)
    prices = models.TextField(_("Prices"), blank=True)
    strengths = models.TextField(_("Strengths"), blank=True)
    weaknesses = models.TextField(_("Weaknesses"), blank=True)
    where_met = models.TextField(_("Where met"), blank=True)

    class Meta(Record.Meta):
        indexes = [
            *Record.Meta.indexes,
            models.Index(fields=["tenant_id", "name_sort", "id"], name="competitor_name_sort"),
        ]

    def __str__(self) -> str:
        return self.name

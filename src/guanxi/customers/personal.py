"""What the tables of the customer base hold about persons, and who is one."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from guanxi.customers.derive import home_region
from guanxi.customers.models import (
    Account,
    AccountContact,
    AccountKind,
    AccountTeamMember,
    Address,
    Competitor,
    Consent,
    Contact,
    ContactPoint,
    Identity,
    Relationship,
    Score,
)
from guanxi.customers.reach import phone_e164
from guanxi.records.privacy.declaring import (
    Ids,
    RoomPersonalData,
    Subject,
    Table,
    empty,
    impersonal,
    named,
    scrubbed,
)

OF = ("account", "contact")
PLACE = ("street", "city", "region", "postcode")
INDIVIDUAL = Q(kind=AccountKind.INDIVIDUAL)
NONE: frozenset[UUID] = frozenset()
TABLES = (
    Table(
        Account,
        touches=("id", "parent_id"),
        columns=named("name", "name_sort")
        | empty(
            "legal_name", "tax_number", "website", "phone", "phone_e164", "email", "email_norm", "wechat", "description",
            "needs", "preferences", "hobbies", *PLACE,
        ),
        plain=(
            "kind", "relations", "industry", "currency", "payment_terms", "language", "time_zone", "lifecycle_stage", "grade",
            "credit_risk", "source", "customer_since", "country",
        ),
    ),
    impersonal(AccountTeamMember, "role"),
    Table(Score, about=("account",), plain=("as_of", "grade", "next_order_on", "next_order_low", "next_order_high", "before_on", "stage", "stage_since", "inputs", "churn_reasons", "segment", "service"), goes=True, label=_("Scores")),
    Table(
        Contact,
        touches=("account",),
        columns=named("name", "name_sort")
        | empty(
            "family_name", "given_name", "salutation", "job_title", "department", "email", "email_norm", "phone", "phone_e164",
            "mobile", "mobile_e164", "wechat", "birthday", "mood", "description", "preferences", "hobbies", *PLACE,
        ),
        plain=("language", "time_zone", "source", "country"),
        also={"do_not_contact": True},
    ),
    Table(AccountContact, about=OF, columns=empty("job_title"), plain=("role", "since", "until"), label=_("Places of work")),
    Table(Address, about=OF, columns=empty("label", *PLACE), plain=("kind", "country"), goes=True, label=_("Addresses")),
    Table(ContactPoint, about=OF, columns=empty("value", "norm", "label"), plain=("kind",), tells=("value", "norm"), goes=True, label=_("Further numbers and addresses")),
    Table(Identity, about=OF, columns=empty("value"), plain=("kind",), tells=("value",), goes=True, label=_("What a person is recognised by")),
    Table(Consent, about=OF, columns=empty("source"), plain=("purpose", "channel", "status"), label=_("Consent")),
    Table(
        Relationship,
        about=("from_account", "from_contact", "to_account", "to_contact"),
        columns=empty("note"),
        plain=("kind",),
        goes=True, label=_("Relationships")),
    Table(
        Competitor,
        touches=("account",),
        columns=scrubbed("name", "name_sort", "website", "offers", "prices", "strengths", "weaknesses", "where_met"),
    ),
)  # fmt: skip


def same_person(ids: Ids) -> Ids:
    """An individual account and the contacts at it who have its name or are recognised by the same number or address."""
    accounts, contacts = ids.get("account", NONE), ids.get("contact", NONE)
    found: dict[str, frozenset[UUID]] = {}
    own = Contact.objects.filter(id__in=contacts)
    homes = Account.objects.filter(INDIVIDUAL, id__in=own.values("account_id"))
    found["account"] = frozenset(home.id for home in homes if _alike(home, own.filter(account_id=home.id)))
    people = [
        person.id
        for home in Account.objects.filter(INDIVIDUAL, id__in=accounts)
        for person in Contact.objects.filter(account_id=home.id)
        if _alike(home, [person])
    ]
    found["contact"] = frozenset(people)
    return found


def _alike(home: Account, people: Iterable[Contact]) -> bool:
    marks = {home.name_sort, home.email_norm, home.phone_e164} - {""}
    return any({one.name_sort, one.email_norm, one.phone_e164, one.mobile_e164} & marks for one in people)


def accounts_around(ids: Ids) -> frozenset[UUID]:
    """Accounts at which the person is, or was, a contact."""
    contacts = ids.get("contact", NONE)
    places = AccountContact.objects.filter(contact_id__in=contacts).values_list("account_id", flat=True)
    main = Contact.objects.filter(id__in=contacts).exclude(account=None).values_list("account_id", flat=True)
    return frozenset((*places, *main))


def used_by_others(addresses: Iterable[str], ids: Ids) -> frozenset[str]:
    """Addresses and numbers by which somebody else is recognised too: a switchboard, a shared mailbox."""
    given = list(addresses)
    region = home_region()
    spellings = {one: {one, one.lower(), phone_e164(one, region)} - {""} for one in given}
    mine = Q(account_id__in=ids.get("account", NONE)) | Q(contact_id__in=ids.get("contact", NONE))
    values = frozenset().union(*spellings.values())
    # A null in one of two links must not make the whole condition unknown.
    others = Identity.objects.filter(value__in=values).exclude(id__in=Identity.objects.filter(mine).values("id"))
    taken = set(others.values_list("value", flat=True))
    return frozenset(one for one in given if spellings[one] & taken)


def personal_data() -> RoomPersonalData:
    """Contacts and individual accounts are persons."""
    reach = ("email", "email_norm", "phone", "phone_e164", "wechat")
    return RoomPersonalData(
        subjects=(
            Subject("account", names=("name",), reach=reach, when=(("kind", AccountKind.INDIVIDUAL),)),
            Subject("contact", names=("name", "family_name", "given_name"), reach=(*reach, "mobile", "mobile_e164")),
        ),
        tables=TABLES,
        same=same_person,
        around=accounts_around,
        shared=used_by_others,
    )

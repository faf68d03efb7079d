"""Accounts, contacts and competitors as the record engine sees them."""

from django.utils.translation import gettext_lazy as _

from guanxi.customers.bulk import (
    check_contacts,
    derive_accounts,
    derive_contacts,
    identify_accounts,
    identify_contacts,
    place_contacts,
)
from guanxi.customers.derive import (
    after_account,
    after_contact,
    check_contact_name,
    check_parent,
    prepare_account,
    prepare_competitor,
    prepare_contact,
)
from guanxi.customers.models import (
    CONCLUSIONS,
    POINT_FIELDS,
    Account,
    AddressKind,
    Competitor,
    ConsentChannel,
    ConsentPurpose,
    ConsentStatus,
    Contact,
    ContactRole,
    CreditRisk,
    Grade,
    LifecycleStage,
    PointKind,
    Relation,
    RelationshipKind,
    TeamRole,
)
from guanxi.customers.parts import ACCOUNT_PARTS, CONTACT_PARTS
from guanxi.customers.similar import FIELDS as SIMILAR_FIELDS
from guanxi.customers.similar import similar_customers
from guanxi.records.registry import Bulk, Choice, Field, ObjectType, Related, Section, Trace, View, register
from guanxi.science.linkage import headers

STAGE_TONES = {"acquisition": "teal", "growth": "jade", "maturity": "indigo", "decline": "amber", "departure": "grey"}
RISK_TONES = {"unchecked": "grey", "low": "jade", "watch": "amber", "high": "rose", "blocked": "rose"}
RELATION_TONES = {"customer": "jade", "prospect": "teal", "competitor": "rose"}

RELATIONS = tuple(
    Choice(str(value), label, RELATION_TONES.get(str(value), "grey")) for value, label in Relation.choices
)
STAGES = tuple(Choice(str(value), label, STAGE_TONES[str(value)]) for value, label in LifecycleStage.choices)
RISKS = tuple(Choice(str(value), label, RISK_TONES[str(value)]) for value, label in CreditRisk.choices)
GRADES = tuple(Choice(str(value), label, "indigo" if value == "A" else "grey") for value, label in Grade.choices)

REACH = (
    ("email", headers.EMAIL),
    ("phone", headers.PHONE),
    ("city", headers.CITY),
    ("street", headers.STREET),
    ("postcode", headers.POSTCODE),
)
COMPANY = (
    ("name", headers.COMPANY),
    ("legal_name", headers.COMPANY),
    ("tax_number", headers.NUMBER),
    ("website", headers.WEBSITE),
)
# Not the company and its address: colleagues share these, and would be taken for one another.
PERSON = (
    ("given_name", headers.GIVEN),
    ("family_name", headers.FAMILY),
    ("birthday", headers.BIRTH_DATE),
    ("mobile", headers.PHONE),
    ("email", headers.EMAIL),
    ("phone", headers.PHONE),
)
ADDRESS = ("street", "city", "region", "postcode", "country")
CONSENT_WORDS = {**dict(ConsentPurpose.choices), **dict(ConsentChannel.choices)}
TRACES = (
    Trace("address", _("Address"), ADDRESS, dict(AddressKind.choices)),
    *(Trace(f"points.{kind}", label, (POINT_FIELDS[PointKind(kind)],)) for kind, label in PointKind.choices),
    Trace("people", _("People"), words=dict(ContactRole.choices)),
    Trace("account_team", _("Account team"), words=dict(TeamRole.choices)),
    Trace("relationships", _("Relationships"), words=dict(RelationshipKind.choices)),
    Trace("consent", _("Consent"), words={**CONSENT_WORDS, **dict(ConsentStatus.choices)}),
)

register(
    ObjectType(
        name="account",
        plural="accounts",
        traces=TRACES,
        parts=ACCOUNT_PARTS,
        similar=similar_customers("account"),
        similar_fields=SIMILAR_FIELDS,
        mergeable=True,
        compared=(*COMPANY, *REACH),
        counted=True,
        room="customers",
        model=Account,
        label=_("Account"),
        label_plural=_("Accounts"),
        icon="building",
        code_pattern="AC-{seq:5}",
        subtitle=("code", "city", "industry"),
        menu_group="customers",
        key="A",
        importable=True,
        bulk=Bulk(derive_accounts, follow=identify_accounts),
        fields=(
            Field("name", search=True, sort="name_sort"),
            "kind",
            Field("relations", kind="multichoice", choices=RELATIONS, sortable=False),
            Field("legal_name", search=True),
            Field("tax_number", maskable=True),
            "parent",
            "industry",
            "employees",
            Field("annual_revenue", currency="currency"),
            "currency",
            Field("founded", min_value=1000, max_value=2200),
            Field("website", kind="url"),
            Field("phone", kind="phone", search=True, maskable=True),
            Field("email", search=True, maskable=True),
            Field("wechat", search=True, maskable=True),
            *ADDRESS,
            "payment_terms",
            "price_book",
            "language",
            "time_zone",
            Field("lifecycle_stage", choices=STAGES),
            Field("grade", choices=GRADES),
            "is_key",
            Field("credit_risk", choices=RISKS),
            "source",
            "customer_since",
            "description",
            Field("needs", sortable=False),
            Field("preferences", sortable=False),
            Field("hobbies", sortable=False),
            Field("last_contact_at", readonly=True),
            Field("next_contact_at", readonly=True),
            *(Field(f"score_{name}", column=f"score__{name}", readonly=True, required=False) for name in CONCLUSIONS),
        ),
        list_columns=(
            "name",
            "grade",
            "lifecycle_stage",
            "industry",
            "city",
            "owner",
            "last_contact_at",
            "next_contact_at",
        ),
        sections=(
            Section(
                _("Facts"),
                (
                    "name",
                    "kind",
                    "relations",
                    "parent",
                    "industry",
                    "employees",
                    "annual_revenue",
                    "currency",
                    "founded",
                ),
            ),
            Section(_("Reach"), ("phone", "email", "wechat", "website", "language", "time_zone")),
            Section(_("Address"), ADDRESS),
            Section(
                _("Customer"),
                ("lifecycle_stage", "grade", "is_key", "customer_since", "source", "owner", "team", "tags"),
            ),
            Section(_("Money and terms"), ("legal_name", "tax_number", "price_book", "payment_terms", "credit_risk")),
            Section(_("Needs and preferences"), ("needs", "preferences", "hobbies", "description")),
        ),
        views=(
            View("all", _("All accounts"), {}, "-updated_at"),
            View("mine", _("My accounts"), {"field": "owner", "op": "is", "value": "$me"}, "name"),
            View("key", _("Key accounts"), {"field": "is_key", "op": "is", "value": True}, "name"),
            View("pool", _("Without owner"), {"field": "owner", "op": "empty"}, "-created_at"),
        ),
        related=(
            Related("contact", "account", _("Contacts")),
            Related("account", "parent", _("Subsidiaries")),
        ),
        checks=(check_parent,),
        prepare=prepare_account,
        after=after_account,
        account="id",
    )
)

register(
    ObjectType(
        name="contact",
        plural="contacts",
        traces=TRACES,
        parts=CONTACT_PARTS,
        similar=similar_customers("contact"),
        similar_fields=SIMILAR_FIELDS,
        mergeable=True,
        compared=PERSON,
        room="customers",
        model=Contact,
        label=_("Contact"),
        label_plural=_("Contacts"),
        icon="user",
        code_pattern="CO-{seq:6}",
        subtitle=("job_title", "account"),
        menu_group="customers",
        key="C",
        importable=True,
        bulk=Bulk(derive_contacts, check_contacts, place_contacts, identify_contacts),
        fields=(
            Field("name", search=True, sort="name_sort", required=False),
            "family_name",
            "given_name",
            "salutation",
            "account",
            "job_title",
            "department",
            Field("email", search=True, maskable=True),
            Field("phone", kind="phone", search=True, maskable=True),
            Field("mobile", kind="phone", search=True, maskable=True),
            Field("wechat", search=True, maskable=True),
            Field("birthday", maskable=True),
            *ADDRESS,
            "language",
            "time_zone",
            "mood",
            "source",
            "description",
            Field("preferences", sortable=False),
            Field("hobbies", sortable=False),
            "do_not_contact",
            Field("last_contact_at", readonly=True),
        ),
        list_columns=("name", "account", "job_title", "phone", "email", "owner", "last_contact_at"),
        sections=(
            Section(
                _("Person"),
                ("name", "family_name", "given_name", "salutation", "account", "job_title", "department", "mood"),
            ),
            Section(_("Reach"), ("email", "phone", "mobile", "wechat", "language", "time_zone", "do_not_contact")),
            Section(_("Address"), ADDRESS),
            Section(_("Needs and preferences"), ("preferences", "hobbies", "birthday", "description")),
            Section(_("Record"), ("source", "owner", "team", "tags")),
        ),
        views=(
            View("all", _("All contacts"), {}, "-updated_at"),
            View("mine", _("My contacts"), {"field": "owner", "op": "is", "value": "$me"}, "name"),
        ),
        checks=(check_contact_name,),
        prepare=prepare_contact,
        after=after_contact,
        account="account",
    )
)

register(
    ObjectType(
        name="competitor",
        plural="competitors",
        room="customers",
        model=Competitor,
        label=_("Competitor"),
        label_plural=_("Competitors"),
        icon="swords",
        code_pattern="CP-{seq:4}",
        menu_group="customers",
        fields=(
            Field("name", search=True, sort="name_sort"),
            "account",
            Field("website", kind="url"),
            "offers",
            "prices",
            "strengths",
            "weaknesses",
            "where_met",
        ),
        list_columns=("name", "website", "strengths", "where_met", "updated_at"),
        sections=(
            Section(_("Facts"), ("name", "account", "website", "tags")),
            Section(_("What they offer"), ("offers", "prices")),
            Section(_("How they compete"), ("strengths", "weaknesses", "where_met")),
        ),
        views=(View("all", _("All competitors"), {}, "name"),),
        prepare=prepare_competitor,
    )
)

"""What the tables of the ground (core, identity, records) hold about customers."""

from django.utils.translation import gettext_lazy as _

from guanxi.core.models import (
    AccessEntry,
    CodePattern,
    EventReceipt,
    ExchangeRate,
    JobFailure,
    OutboxEvent,
    StoredFile,
)
from guanxi.identity.models import (
    ApiToken,
    BusinessCalendar,
    Company,
    Delegation,
    Invitation,
    Membership,
    Role,
    Share,
    SharingRule,
    Team,
    TeamMember,
    Tenant,
    User,
)
from guanxi.records.models import (
    OWN_TABLES,
    CustomField,
    Dashboard,
    Document,
    DuplicatePair,
    DuplicateRule,
    DuplicateSearch,
    Erasure,
    ExternalKey,
    FieldRule,
    IdempotencyKey,
    Import,
    ImportChunk,
    ImportRow,
    Layout,
    LegalHold,
    MatchKey,
    MergedRecord,
    MergePart,
    Operation,
    OperationItem,
    OwnObject,
    RecentView,
    Report,
    ReportDelivery,
    ReportFavourite,
    ReportRun,
    ReportSubscription,
    RetentionRule,
    SavedView,
    StageGate,
    SubscriptionRecipient,
    Tag,
    ValidationRule,
)
from guanxi.records.privacy.declaring import RoomPersonalData, Table, empty, impersonal, scrubbed

BY_KEY = ("record_id",)
CORE = (
    Table(OutboxEvent, columns=scrubbed("payload", "error"), plain=("name",), anywhere=True, label=_("Events")),
    impersonal(EventReceipt, "handler"),
    # Rewritten by the function of the database, as the app role may not change it.
    impersonal(AccessEntry, "action", "object", "origin", "detail"),
    impersonal(CodePattern, "object", "pattern", "period"),
    impersonal(ExchangeRate, "currency", "day"),
    Table(JobFailure, columns=scrubbed("error"), anywhere=True),
    # Files go by the engine: with what they hang on.
    impersonal(StoredFile, "name", "content_type", "sha256", "storage_key", "object", "tags"),
)
# Colleagues are no customers: what is kept of them ends with their employment, by other rules.
IDENTITY = (
    impersonal(User, "password", "email", "name", "language", "time_zone", "theme", "density"),
    impersonal(Tenant, "slug", "name"),
    impersonal(
        Company, "currency", "language", "time_zone", "country", "address", "phone", "email", "website", "tax_number", "rooms_off", "settings"
    ),
    impersonal(Team, "name"),
    impersonal(Role, "key", "name", "grants", "field_access"),
    impersonal(Membership, "name", "title", "phone"),
    impersonal(TeamMember),
    Table(Share, about=BY_KEY, plain=("object", "source"), goes=True, label=_("Shares")),
    Table(
        SharingRule, columns=scrubbed("name", "criteria"), plain=("object", "principal_kind", "state"), anywhere=True
    ),
    impersonal(Delegation, "first_day", "last_day", "note"),
    impersonal(ApiToken, "name", "token_hash", "scopes"),
    impersonal(Invitation, "email", "name", "token_hash"),
    impersonal(BusinessCalendar, "name", "time_zone", "country", "region", "hours", "days_off", "days_on"),
)  # fmt: skip
RECORDS = (
    impersonal(CustomField, "object", "name", "label_en", "label_zh", "kind", "slot", "options"),
    Table(LegalHold, about=BY_KEY, columns=scrubbed("reason"), plain=("object",)),
    Table(
        Import,
        columns=scrubbed("name", "error", "mapping", "options"),
        plain=("object", "sha256", "via", "heads", "status"),
        anywhere=True, label=_("Imports")),
    impersonal(ImportChunk),
    Table(ImportRow, columns=empty("cells", "reason"), anywhere=True, goes=True, label=_("Refused rows of imports")),
    Table(ExternalKey, about=BY_KEY, columns=empty("key"), plain=("source", "object"), goes=True, label=_("Keys in other systems")),
    Table(
        IdempotencyKey,
        about=BY_KEY,
        columns=empty("answer"),
        plain=("key", "request_hash", "object"),
        anywhere=True,
        goes=True, label=_("Answers kept for repeated requests")),
    Table(
        Operation,
        columns=scrubbed("params", "selection", "error"),
        plain=("action", "object", "scopes", "via", "state"),
        anywhere=True, label=_("Operations")),
    Table(OperationItem, about=BY_KEY, columns=empty("reason"), plain=("object",)),
    Table(
        MergedRecord, about=("record_id", "survivor_id"), columns=empty("name"), plain=("object", "code"), label=_("Merged records")),
    Table(MergePart, columns=scrubbed("moved"), plain=("part",), anywhere=True),
    impersonal(DuplicateSearch, "object", "state"),
    Table(DuplicatePair, about=("left_id", "right_id"), plain=("object", "state"), goes=True, label=_("Possible duplicates")),
    impersonal(OwnObject, "name", "plural", "label_en", "label_zh", "plural_en", "plural_zh", "icon", "statuses", "code_pattern"),
    Table(Report, columns=scrubbed("name", "about", "definition"), plain=("audience", "folder"), anywhere=True),
    Table(Dashboard, columns=scrubbed("name", "tiles"), plain=("audience", "filters"), anywhere=True),
    impersonal(ReportFavourite, "key"),
    Table(
        ReportRun,
        columns=empty("figures", "definition", "name", "error"),
        plain=("scopes", "via", "key", "digest", "rights", "state"),
        anywhere=True,
        goes=True,
    ),
    Table(ValidationRule, columns=scrubbed("formula", "message_en", "message_zh"), plain=("object", "name", "field"), anywhere=True),
    Table(
        SavedView,
        columns=scrubbed("name", "criteria", "options"),
        plain=("object", "audience", "sort", "columns", "form"),
        anywhere=True, label=_("Saved views")),
    Table(
        ReportSubscription,
        columns=scrubbed("name", "given", "note"),
        plain=("kind", "key", "forms", "rhythm"),
        anywhere=True,
    ),
    impersonal(SubscriptionRecipient),
    Table(ReportDelivery, columns=scrubbed("error"), plain=("state", "file_ids"), anywhere=True),
    Table(FieldRule, columns=scrubbed("criteria"), plain=("object", "name", "effect", "fields"), anywhere=True),
    impersonal(StageGate, "object", "field", "value", "needs"),
    impersonal(DuplicateRule, "object", "name", "matches", "action"),
    Table(MatchKey, about=BY_KEY, columns=empty("key"), goes=True),
    impersonal(Layout, "object", "tabs", "quick"),
    # Its text goes with the file.
    impersonal(Document, "state"),
    impersonal(Tag, "name", "colour"),
    Table(RecentView, about=BY_KEY, plain=("object",), goes=True, label=_("Recently opened")),
    Table(RetentionRule, columns=scrubbed("name", "criteria"), plain=("object", "date_field", "action"), anywhere=True),
    impersonal(Erasure, "object", "code", "pseudonym", "basis", "reference", "state", "counts"),
    *(Table(model, columns=scrubbed("name"), plain=("status",)) for model in OWN_TABLES.values()),
)  # fmt: skip


def ground_data() -> RoomPersonalData:
    """The tables of core, identity and records."""
    return RoomPersonalData(tables=(*CORE, *IDENTITY, *RECORDS))

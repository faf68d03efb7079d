"""Tenants, people, memberships, teams, roles, sharing, tokens, invitations, business calendars.

User, Tenant and TokenDirectory are read before a tenant is known and stand outside row-level security.
"""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from guanxi.core.ids import new_id
from guanxi.core.models import StoredFile, TenantModel


class Language(models.TextChoices):
    """Languages of the interface."""

    ENGLISH = "en", "English"
    CHINESE = "zh-hans", "中文"


class UserManager(BaseUserManager["User"]):
    """Finds and makes people by their normalised e-mail."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """The user with this e-mail, whatever its case."""
        return self.get(email=(username or "").strip().lower())

    def create_user(self, email: str, password: str | None = None, **extra: Any) -> "User":
        """A saved user; without a password the account can only be opened by invitation or reset."""
        user = self.model(email=email.strip().lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """One person's sign-in, whatever number of tenants the person works for."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(_("E-mail"), max_length=254, unique=True)
    name = models.CharField(_("Name"), max_length=120)
    language = models.CharField(_("Language"), max_length=10, choices=Language.choices, default=Language.ENGLISH)
    time_zone = models.CharField(_("Time zone"), max_length=60, default="Asia/Shanghai")
    theme = models.CharField(_("Theme"), max_length=10, default="auto")
    density = models.CharField(_("Density"), max_length=12, default="normal")
    single_keys = models.BooleanField(_("Single-letter shortcuts"), default=True)
    red_is_up = models.BooleanField(_("Red is up"), default=False)
    is_active = models.BooleanField(default=True)
    last_tenant_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name or self.email


class Tenant(models.Model):
    """A company on this installation: only what is needed to find it; its settings are in `Company`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(_("Company name"), max_length=200)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name


class Company(TenantModel):
    """The settings of a tenant, one row each; `id` equals the tenant's."""

    currency = models.CharField(_("Currency"), max_length=3, default="CNY")
    language = models.CharField(_("Language"), max_length=10, choices=Language.choices, default=Language.ENGLISH)
    time_zone = models.CharField(_("Time zone"), max_length=60, default="Asia/Shanghai")
    country = models.CharField(_("Country"), max_length=2, default="CN")
    fiscal_year_start = models.PositiveSmallIntegerField(_("First month of the fiscal year"), default=1)
    logo = models.ForeignKey(StoredFile, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    address = models.TextField(_("Address"), blank=True)
    phone = models.CharField(_("Phone"), max_length=40, blank=True)
    email = models.EmailField(_("E-mail"), blank=True)
    website = models.CharField(_("Web site"), max_length=200, blank=True)
    tax_number = models.CharField(_("Tax number"), max_length=40, blank=True)
    rooms_off = ArrayField(models.CharField(max_length=40), default=list, verbose_name=_("Rooms switched off"))
    recycle_days = models.PositiveSmallIntegerField(_("Keep deleted records (days)"), null=True, default=90)
    settings = models.JSONField(default=dict)
    permissions_version = models.IntegerField(default=1)
    # Names the sharing rules in force: another number after each change of them, 0 while there are none.
    sharing_stamp = models.BigIntegerField(default=0, db_default=0)


class Team(TenantModel):
    """A node of the tree of teams."""

    name = models.CharField(_("Name"), max_length=120)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children", verbose_name=_("Parent team")
    )
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "name"], name="identity_team_name")]

    def __str__(self) -> str:
        return self.name


class Role(TenantModel):
    """What its holders may do: {"object": {"action": scope}} and {"object": {"field": access}}.

    Actions and scopes are those of identity.permissions. `"*"` stands for every object not named. `export_rows` is how many rows
    one person may export in 24 hours; 0 stands for as many as they like.
    """

    key = models.SlugField(max_length=60)
    name = models.CharField(_("Name"), max_length=120)
    is_admin = models.BooleanField(_("Administrator"), default=False)
    grants = models.JSONField(default=dict)
    field_access = models.JSONField(default=dict)
    export_rows = models.PositiveIntegerField(_("Rows a day in exports"), default=0, db_default=0)
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "key"], name="identity_role_key")]

    def __str__(self) -> str:
        return self.name


class Membership(TenantModel):
    """A person in a tenant ("user" in screens and API): records are owned by memberships."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="+", verbose_name=_("Role"))
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Team")
    )
    name = models.CharField(_("Name"), max_length=120)
    title = models.CharField(_("Job title"), max_length=120, blank=True)
    phone = models.CharField(_("Phone"), max_length=40, blank=True)
    is_active = models.BooleanField(_("Active"), default=True)
    joined_at = models.DateTimeField(db_default=Now())
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "user"], name="identity_membership_once")]

    def __str__(self) -> str:
        return self.name


class TeamMember(TenantModel):
    """Membership in a further team beside the primary one; `leads` gives the view of a lead."""

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="further_teams")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="further_members")
    leads = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "membership", "team"], name="identity_team_member")]


class Share(TenantModel):
    """One record opened to one principal (membership or team) by hand or by a rule (`source`)."""

    principal_id = models.UUIDField()
    object = models.CharField(max_length=60)
    record_id = models.UUIDField()
    source = models.CharField(max_length=60, default="manual")
    may_edit = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "record_id", "principal_id", "source"], name="identity_share_once"
            )
        ]
        indexes = [
            models.Index(fields=["tenant_id", "principal_id", "object", "record_id"], name="identity_share_principal")
        ]


class SharingRule(TenantModel):
    """Records of one object that meet criteria are open to a person, a team, or a team with all below it ("branch").

    The rows in `Share` that a rule makes name its `grant_id` as their principal; whoever belongs to the rule's own principal may use the
    grant. A rule that changes gets a new grant, so what the old one gave ends at once. `state`: waiting (looked up in the records themselves
    until the rows are there), stored (by its rows), inline (always in the records: criteria that rows cannot hold, or most of the records).
    """

    class Principal(models.TextChoices):
        """Whom a rule or a share by hand opens records to."""

        MEMBER = "member", _("Person")
        TEAM = "team", _("Team")
        BRANCH = "branch", _("Team with all below")

    name = models.CharField(_("Name"), max_length=120)
    object = models.CharField(_("Object"), max_length=60)
    criteria = models.JSONField(default=dict)
    principal_kind = models.CharField(max_length=10, choices=Principal.choices)
    principal_id = models.UUIDField()
    may_edit = models.BooleanField(_("May edit"), default=False)
    is_active = models.BooleanField(_("Active"), default=True)
    grant_id = models.UUIDField(default=new_id)
    state = models.CharField(max_length=10, default="waiting")
    matched = models.IntegerField(null=True)
    filled_at = models.DateTimeField(null=True)
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "name"], name="identity_sharing_rule_name")]


class Delegation(TenantModel):
    """While `absent` is away, `delegate` does their work: under the own name, with what the absent person owns.

    `may_edit` False lets the delegate read only. It holds from the first to the last day, both included, in the company's time zone:
    `begins_at` and `ends_at` are these days as moments.
    """

    absent = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")
    delegate = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")
    first_day = models.DateField(_("From"))
    last_day = models.DateField(_("To"))
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    may_edit = models.BooleanField(_("May edit"), default=True)
    note = models.CharField(_("Note"), max_length=200, blank=True)
    ended_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    created_by_id = models.UUIDField(null=True)

    class Meta:
        indexes = [models.Index(fields=["tenant_id", "delegate", "ends_at"], name="identity_delegation_of")]


class ApiToken(TenantModel):
    """A bearer token: only its hash is kept. The token's text names the tenant, so no directory is needed."""

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=120)
    token_hash = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=60), default=list)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "token_hash"], name="identity_token_hash")]


class Invitation(TenantModel):
    """An invitation by mail; the link names the tenant and carries a secret of which only the hash is kept."""

    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=120, blank=True)
    role = models.ForeignKey(Role, on_delete=models.CASCADE, related_name="+")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    token_hash = models.CharField(max_length=64)
    invited_by = models.ForeignKey(Membership, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["tenant_id", "token_hash"], name="identity_invitation_hash")]


class BusinessCalendar(TenantModel):
    """Working time: weekly hours in a time zone, public holidays of a country, own days off and on."""

    name = models.CharField(_("Name"), max_length=120)
    time_zone = models.CharField(_("Time zone"), max_length=60, default="Asia/Shanghai")
    country = models.CharField(_("Country of the public holidays"), max_length=2, default="CN")
    region = models.CharField(_("Region"), max_length=10, blank=True)
    hours = models.JSONField(_("Working hours"), default=dict)
    days_off = ArrayField(models.DateField(), default=list, verbose_name=_("Further days off"))
    days_on = ArrayField(models.DateField(), default=list, verbose_name=_("Further working days"))
    is_default = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "name"], name="identity_calendar_name")]

"""Contacts: the persons we talk to, and where they belong."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from guanxi.core.models import TenantModel
from guanxi.customers.models.account import Account, PostalAddress
from guanxi.customers.models.choices import ContactRole, Mood, Salutation, Source
from guanxi.identity.models import Language
from guanxi.records.models import Record


class Contact(PostalAddress, Record):
    """A person we talk to. `account` is the main one; AccountContact holds all of them with the part played in each."""

    name = models.CharField(_("Name"), max_length=200)
    name_sort = models.CharField(max_length=400, editable=False, default="")
    family_name = models.CharField(_("Family name"), max_length=100, blank=True)
    given_name = models.CharField(_("Given name"), max_length=100, blank=True)
    salutation = models.CharField(_("Salutation"), max_length=10, choices=Salutation.choices, blank=True)
    account = models.ForeignKey(
        Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Account")
    )
    job_title = models.CharField(_("Job title"), max_length=120, blank=True)
    department = models.CharField(_("Department"), max_length=120, blank=True)
    email = models.EmailField(_("E-mail"), max_length=254, blank=True)
    email_norm = models.CharField(max_length=254, editable=False, default="")
    phone = models.CharField(_("Phone"), max_length=60, blank=True)
    phone_e164 = models.CharField(max_length=20, editable=False, default="")
    mobile = models.CharField(_("Mobile"), max_length=60, blank=True)
    mobile_e164 = models.CharField(max_length=20, editable=False, default="")
    wechat = models.CharField(_("WeChat"), max_length=60, blank=True)
    birthday = models.DateField(_("Birthday"), null=True, blank=True)
    language = models.CharField(_("Language"), max_length=10, choices=Language.choices, blank=True)
    time_zone = models.CharField(_("Time zone"), max_length=60, blank=True)
    mood = models.CharField(_("Mood"), max_length=10, choices=Mood.choices, blank=True)
    source = models.CharField(_("Source"), max_length=20, choices=Source.choices, blank=True)
    description = models.TextField(_("Description"), blank=True)
    preferences = ArrayField(models.CharField(max_length=120), default=list, blank=True, verbose_name=_("Preferences"))
    hobbies = ArrayField(models.CharField(max_length=120), default=list, blank=True, verbose_name=_("Hobbies"))
    do_not_contact = models.BooleanField(_("Do not contact"), default=False)
    last_contact_at = models.DateTimeField(_("Last contact"), null=True, blank=True, editable=False)

    class Meta(Record.Meta):
        indexes = [
            *Record.Meta.indexes,
            models.Index(fields=["tenant_id", "name_sort", "id"], name="contact_name_sort"),
            models.Index(fields=["tenant_id", "email_norm"], name="contact_email", condition=~models.Q(email_norm="")),
            models.Index(fields=["tenant_id", "phone_e164"], name="contact_phone", condition=~models.Q(phone_e164="")),
            models.Index(
                fields=["tenant_id", "mobile_e164"], name="contact_mobile", condition=~models.Q(mobile_e164="")
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AccountContact(TenantModel):
    """A contact at an account: the part played, and from when to when."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="people")
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="places")
    role = models.CharField(_("Role"), max_length=20, choices=ContactRole.choices, blank=True)
    job_title = models.CharField(_("Job title"), max_length=120, blank=True)
    is_primary = models.BooleanField(_("Main contact"), default=False)
    since = models.DateField(_("Since"), null=True, blank=True)
    until = models.DateField(_("Until"), null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "account", "contact"], name="customers_place_once"),
            models.UniqueConstraint(
                fields=["tenant_id", "account"], name="customers_place_primary", condition=models.Q(is_primary=True)
            ),
        ]

"""Questionnaires, links to them, and what was answered."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from guanxi.core.models import TenantModel
from guanxi.customers.models import Account, Contact
from guanxi.engagement.models.choices import AnswerChannel, Purpose, QuestionnaireStatus
from guanxi.identity.models import Language
from guanxi.records.models import Record


class Questionnaire(Record):
    """What is asked, in two languages. `content` is read by engagement.sheet; what was answered keeps the version it was asked in.

    `low_score`: an answer whose measure (CSAT, NPS, CES) is not above it makes a task for the customer's owner.
    """

    name = models.CharField(_("Name"), max_length=200)
    name_zh = models.CharField(_("Name in Chinese"), max_length=200, blank=True)
    purpose = models.CharField(_("Purpose"), max_length=14, choices=Purpose.choices, default=Purpose.SATISFACTION)
    intro = models.TextField(_("Greeting"), blank=True)
    intro_zh = models.TextField(_("Greeting in Chinese"), blank=True)
    thanks = models.TextField(_("Thanks"), blank=True)
    thanks_zh = models.TextField(_("Thanks in Chinese"), blank=True)
    content = models.JSONField(_("Questions"), default=dict, blank=True)
    status = models.CharField(
        _("Status"), max_length=8, choices=QuestionnaireStatus.choices, default=QuestionnaireStatus.DRAFT
    )
    link_days = models.PositiveSmallIntegerField(
        _("Links end after (days)"), default=30, validators=[MinValueValidator(1), MaxValueValidator(365)]
    )
    reminder_days = models.PositiveSmallIntegerField(
        _("Remind after (days)"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(90)]
    )
    low_score = models.SmallIntegerField(
        _("Task at a score up to"), null=True, blank=True, validators=[MinValueValidator(0), MaxValueValidator(10)]
    )

    class Meta(Record.Meta):
        verbose_name = _("Questionnaire")

    def name_in(self, language: str) -> str:
        """The name for a language code such as "en" or "zh-hans"."""
        return (self.name_zh if language.startswith("zh") else "") or self.name


class QuestionnaireVersion(TenantModel):
    """The questions as they were asked: never changed once somebody answered."""

    questionnaire = models.ForeignKey(Questionnaire, on_delete=models.CASCADE, related_name="+", db_index=False)
    number = models.PositiveIntegerField()
    content = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "questionnaire", "number"], name="engagement_version_once")
        ]


class FormLink(TenantModel):
    """A signed address under which a questionnaire is answered: by one customer once, or (`is_open`) by whoever has it.

    `refusal` says why it was not sent; `batch_id` names the sending that it was part of.
    """

    questionnaire = models.ForeignKey(Questionnaire, on_delete=models.CASCADE, related_name="+", db_index=False)
    account = models.ForeignKey(Account, null=True, on_delete=models.CASCADE, related_name="+")
    contact = models.ForeignKey(Contact, null=True, on_delete=models.CASCADE, related_name="+")
    is_open = models.BooleanField(default=False)
    language = models.CharField(max_length=10, choices=Language.choices, default="", blank=True)
    batch_id = models.UUIDField(null=True)
    member_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    refusal = models.TextField(default="", blank=True)
    opened_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["tenant_id", "questionnaire", "-created_at"], name="engagement_link_of"),
            models.Index(
                fields=["tenant_id", "sent_at"],
                name="engagement_link_waiting",
                condition=models.Q(answered_at__isnull=True, reminded_at__isnull=True, is_open=False),
            ),
        ]


class Answer(Record):
    """One reply to a questionnaire. The measures are those of its questions: CSAT 1–5, NPS 0–10, CES 1–7;
    `gap` is the mean of perceived − expected over its attributes, `points` the sum of its points."""

    goes_with = ("account", "contact")

    questionnaire = models.ForeignKey(
        Questionnaire, on_delete=models.PROTECT, related_name="+", verbose_name=_("Questionnaire")
    )
    sheet = models.ForeignKey(
        QuestionnaireVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    account = models.ForeignKey(
        Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Account")
    )
    contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Contact")
    )
    link = models.ForeignKey(
        FormLink, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    channel = models.CharField(_("Channel"), max_length=10, choices=AnswerChannel.choices, default=AnswerChannel.LINK)
    language = models.CharField(_("Language"), max_length=10, choices=Language.choices, blank=True)
    answered_at = models.DateTimeField(_("Answered"), null=True, blank=True)
    csat = models.PositiveSmallIntegerField(_("CSAT"), null=True, blank=True)
    nps = models.PositiveSmallIntegerField(_("NPS"), null=True, blank=True)
    ces = models.PositiveSmallIntegerField(_("CES"), null=True, blank=True)
    gap = models.DecimalField(_("Perceived − expected"), max_digits=5, decimal_places=2, null=True, blank=True)
    points = models.IntegerField(_("Points"), null=True, blank=True)
    comment = models.TextField(_("In their words"), blank=True)

    class Meta(Record.Meta):
        verbose_name = _("Answer")
        indexes = [
            *Record.Meta.indexes,
            models.Index(fields=["tenant_id", "questionnaire", "-answered_at"], name="engagement_answer_of"),
            models.Index(fields=["tenant_id", "account", "-answered_at"], name="engagement_answer_account"),
        ]


class AnswerItem(TenantModel):
    """What was said to one question, or to one attribute or option of it."""

    answer = models.ForeignKey(Answer, on_delete=models.CASCADE, related_name="+")
    question = models.CharField(max_length=40)
    attribute = models.CharField(max_length=40, default="", blank=True)
    choice = models.CharField(max_length=60, default="", blank=True)
    number = models.FloatField(null=True)
    text = models.TextField(default="", blank=True)
    day = models.DateField(null=True)
    perceived = models.PositiveSmallIntegerField(null=True)
    expected = models.PositiveSmallIntegerField(null=True)
    importance = models.PositiveSmallIntegerField(null=True)

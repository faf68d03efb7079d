"""Runs of the models, and how a company wants them done."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from guanxi.analytics.models.choices import Basis, Grouping
from guanxi.core.fields import MoneyField
from guanxi.core.models import TenantModel


class RunState(models.TextChoices):
    """Where a run stands."""

    WAITING = "waiting", pgettext_lazy("run", "Waiting")
    RUNNING = "running", pgettext_lazy("run", "Running")
    DONE = "done", pgettext_lazy("run", "Done")
    FAILED = "failed", pgettext_lazy("run", "Failed")
    INTERRUPTED = "interrupted", pgettext_lazy("run", "Interrupted")


OPEN = (RunState.WAITING, RunState.RUNNING, RunState.INTERRUPTED)


class RunCause(models.TextChoices):
    """Why a run was started."""

    NIGHT = "night", pgettext_lazy("run", "Every night")
    PERSON = "person", pgettext_lazy("run", "By hand")
    COMMAND = "command", pgettext_lazy("run", "Command line")


class Run(TenantModel):
    """One computation of everything as of a day.

    `steps` is a list of {key, state, seconds, processor, share, told}: `told` are the figures that the step reports, `processor` seconds of processors in the process. `progress` is the share done of the whole.
    """

    as_of = models.DateField(_("As of"))
    state = models.CharField(_("State"), max_length=12, choices=RunState.choices, default=RunState.WAITING)
    cause = models.CharField(_("Why"), max_length=10, choices=RunCause.choices, default=RunCause.PERSON)
    member_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    step = models.CharField(max_length=40, blank=True)
    progress = models.FloatField(default=0)
    steps = models.JSONField(default=list)
    error = models.TextField(blank=True)
    engine = models.CharField(max_length=10, default="duckdb")
    peak_mb = models.IntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["tenant_id", "-created_at"], name="analytics_run_created")]


class Relationship(models.TextChoices):
    """How customers are bound, which decides about the models that come into question."""

    OPEN = "open", _("Without contract, buying at any time")
    OCCASIONS = "occasions", _("Without contract, buying on occasions (once a period or not)")
    CONTRACT = "contract", _("Under contract, renewed each period")
    SHARE = "share", _("Always a share: customers stay and buy from several suppliers")


class Engine(models.TextChoices):
    """What computes the frames."""

    DUCKDB = "duckdb", "DuckDB"
    SPARK = "spark", "Spark"


class Settings(TenantModel):
    """How a company computes the value of its customers; one row, whose id is the tenant's. Money in the company's currency."""

    relationship = models.CharField(
        _("How customers are bound"), max_length=10, choices=Relationship.choices, default=Relationship.OPEN
    )
    candidates = ArrayField(
        models.CharField(max_length=20),
        default=list,
        blank=True,
        verbose_name=_("Models to choose from"),
    )
    period_days = models.PositiveSmallIntegerField(
        _("Length of a period (days)"), default=30, validators=[MinValueValidator(1), MaxValueValidator(366)]
    )
    horizon_months = models.PositiveSmallIntegerField(
        _("Look ahead (months)"), default=36, validators=[MinValueValidator(1), MaxValueValidator(240)]
    )
    discount_rate = models.FloatField(
        _("Discount rate per year"), default=0.10, validators=[MinValueValidator(0.0), MaxValueValidator(1.0)]
    )
    churn_days = models.PositiveSmallIntegerField(
        _("Counts as left after so many days without an order"),
        null=True,
        blank=True,
        validators=[MinValueValidator(14), MaxValueValidator(730)],
    )
    margin_rate = models.FloatField(
        _("Margin where the cost is not known"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
    )
    minute_cost = MoneyField(_("Cost of a minute with a customer"), default=2)
    channel_costs = models.JSONField(_("Cost by channel"), default=dict)
    rfm_bins = models.PositiveSmallIntegerField(
        _("Number of scores"), default=5, validators=[MinValueValidator(2), MaxValueValidator(10)]
    )
    rfm_weights = models.JSONField(_("Weights of recency, frequency, monetary value"), default=list)
    rfm_cuts = models.JSONField(_("Own cut points"), default=dict)
    grade_shares = models.JSONField(_("Shares of the grades A, B, C"), default=list)
    warnings = models.BooleanField(_("Early warnings"), default=True)
    warn_from = models.FloatField(
        _("Warn from this probability of leaving on"),
        default=0.5,
        validators=[MinValueValidator(0.05), MaxValueValidator(0.99)],
    )
    warn_value = MoneyField(_("Warn of customers worth at least"), null=True, blank=True)
    warn_per_week = models.PositiveSmallIntegerField(
        _("Warnings for a person in a week at most"), default=5, validators=[MaxValueValidator(100)]
    )
    warn_due_days = models.PositiveSmallIntegerField(
        _("Days to act on a warning"), default=3, validators=[MaxValueValidator(90)]
    )
    grouping = models.CharField(
        _("How groups are found"),
        max_length=10,
        choices=Grouping.choices,
        default=Grouping.AUTO,
        db_default=Grouping.AUTO,
    )
    group_bases = ArrayField(
        models.CharField(max_length=12, choices=Basis.choices),
        default=list,
        blank=True,
        verbose_name=_("Customers are grouped by"),
    )
    nightly = models.BooleanField(_("Every night"), default=True)
    engine = models.CharField(_("Engine"), max_length=10, choices=Engine.choices, default=Engine.DUCKDB)
    spark_master = models.CharField(_("Address of the Spark cluster"), max_length=200, blank=True)
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id"], name="analytics_settings_once")]

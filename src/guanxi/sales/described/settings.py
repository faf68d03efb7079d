"""Pipelines, stages, reasons and targets: what an administrator or manager sets."""

from django.utils.translation import gettext_lazy as _

from guanxi.records.registry import Choice, Field, ObjectType, Related, Section, View, register
from guanxi.sales.models import Category, Pipeline, Reason, ReasonKind, SalesTarget, Stage
from guanxi.sales.rules import one_target_holder, prepare_target, stage_probability

ROOM = "sales"
CATEGORIES = tuple(
    Choice(str(value), label, {"won": "jade", "lost": "rose"}.get(str(value), "indigo"))
    for value, label in Category.choices
)

register(
    ObjectType(
        name="pipeline",
        plural="pipelines",
        room=ROOM,
        model=Pipeline,
        label=_("Pipeline"),
        label_plural=_("Pipelines"),
        icon="layout-kanban",
        fields=("name", "name_zh", "is_default", "is_active", "position"),
        list_columns=("name", "name_zh", "is_default", "is_active", "position"),
        default_sort="position",
        sections=(Section(_("Pipeline"), ("name", "name_zh", "is_default", "is_active", "position")),),
        related=(Related("stage", "pipeline", _("Stages")),),
        in_menu=False,
    )
)

register(
    ObjectType(
        name="stage",
        plural="stages",
        room=ROOM,
        model=Stage,
        label=_("Stage"),
        label_plural=_("Stages"),
        icon="chart-bar",
        fields=(
            "name",
            "name_zh",
            "pipeline",
            Field("category", choices=CATEGORIES),
            Field("probability", kind="percent", min_value=0, max_value=100),
            "position",
            "usual_days",
        ),
        list_columns=("name", "pipeline", "category", "probability", "usual_days", "position"),
        default_sort="position",
        sections=(
            Section(_("Stage"), ("name", "name_zh", "pipeline", "category", "probability", "usual_days", "position")),
        ),
        related=(Related("opportunity", "stage", _("Opportunities")),),
        checks=(stage_probability,),
        in_menu=False,
    )
)

register(
    ObjectType(
        name="reason",
        plural="reasons",
        room=ROOM,
        model=Reason,
        label=_("Reason"),
        label_plural=_("Reasons"),
        icon="message-question",
        fields=("name", "name_zh", "kind", "position", "is_active"),
        list_columns=("name", "name_zh", "kind", "position", "is_active"),
        default_sort="position",
        sections=(Section(_("Reason"), ("name", "name_zh", "kind", "position", "is_active")),),
        views=tuple(
            View(key, label, {"field": "kind", "op": "is", "value": key}, "position")
            for key, label in ReasonKind.choices
        ),
        in_menu=False,
    )
)

register(
    ObjectType(
        name="sales_target",
        plural="sales-targets",
        room=ROOM,
        model=SalesTarget,
        label=_("Sales target"),
        label_plural=_("Sales targets"),
        icon="target",
        code_pattern="TG-{seq:5}",
        title="code",
        fields=(
            Field("member", to="user"),
            Field("for_team", to="team"),
            "month",
            Field("amount", currency="currency", min_value=0),
            Field("currency", readonly=True),
        ),
        list_columns=("month", "member", "for_team", "amount"),
        default_sort="-month",
        sections=(Section(_("Sales target"), ("member", "for_team", "month", "amount")),),
        checks=(one_target_holder,),
        prepare=prepare_target,
        in_menu=False,
    )
)

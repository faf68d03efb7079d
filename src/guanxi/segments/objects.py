"""Segments as the record engine sees them."""

from django.utils.translation import gettext_lazy as _

from guanxi.records.parts import Part
from guanxi.records.registry import Choice, Field, ObjectType, Section, View, register
from guanxi.segments.models import Kept, Segment
from guanxi.segments.pages import segment_context
from guanxi.segments.queries import members_part, moves_part, object_choices, sizes_part
from guanxi.segments.rules import known_object, prepare_segment, readable_criteria
from guanxi.segments.services import begin_segment

register(
    ObjectType(
        name="segment",
        plural="segments",
        room="segments",
        model=Segment,
        label=_("Segment"),
        label_plural=_("Segments"),
        icon="users-group",
        code_pattern="SG-{seq:4}",
        subtitle=("object",),
        fields=(
            Field("name", search=True),
            Field("description", kind="longtext"),
            Field("object", kind="choice", choices_of=object_choices, required=True),
            Field(
                "kept",
                choices=(Choice("criteria", Kept.CRITERIA.label, "indigo"), Choice("hand", Kept.HAND.label, "teal")),
            ),
            Field("criteria", kind="json", required=False, sortable=False, filterable=False),
        ),
        list_columns=("name", "object", "kept", "owner", "updated_at"),
        default_sort="name",
        sections=(Section(_("Segment"), ("name", "object", "kept", "description", "owner", "team", "tags")),),
        views=(
            View("all", _("All segments"), {}, "name"),
            View("mine", _("My segments"), {"field": "owner", "op": "is", "value": "$me"}, "name"),
        ),
        parts=(
            Part("members", _("Members"), {"id": "uuid", "label": "text"}, members_part),
            Part(
                "sizes",
                _("Size by day"),
                {"day": "date", "size": "integer", "joined": "integer", "left": "integer"},
                sizes_part,
            ),
            Part(
                "moves",
                _("Joined and left"),
                {"id": "uuid", "label": "text", "joined": "bool", "at": "datetime"},
                moves_part,
            ),
        ),
        prepare=prepare_segment,
        checks=(known_object, readable_criteria),
        after=begin_segment,
        menu_group="customers",
        in_menu=False,
        detail_template="segments/segment.html.jinja",
        detail_context=segment_context,
    )
)

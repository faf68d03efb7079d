"""What a view keeps of how its list is drawn."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid
from guanxi.identity.actor import Actor
from guanxi.records.criteria import compile_q
from guanxi.records.listing.grouping import group_field
from guanxi.records.registry import ObjectType

DENSITIES = ("comfortable", "normal", "compact")
TONES = ("indigo", "jade", "amber", "rose", "teal", "grey")
MOST_COLOURS = 8


@dataclass(frozen=True)
class Colour:
    """Rows that meet the criteria have this tone; the first that fits counts."""

    criteria: Mapping[str, Any]
    tone: str


@dataclass(frozen=True)
class ViewOptions:
    """`group` is the name of a field or "", `density` one of DENSITIES or "" for the person's own."""

    group: str = ""
    density: str = ""
    colours: tuple[Colour, ...] = ()

    def plain(self) -> dict[str, Any]:
        """As a view stores it."""
        colours = [{"criteria": dict(one.criteria), "tone": one.tone} for one in self.colours]
        return {"group": self.group, "density": self.density, "colours": colours}


def read_options(given: Any) -> ViewOptions:
    """Stored options; what is none of ours is left out."""
    if not isinstance(given, Mapping):
        return ViewOptions()
    density, colours = given.get("density"), given.get("colours")
    return ViewOptions(
        str(given.get("group") or "")[:80],
        density if density in DENSITIES else "",
        tuple(
            Colour(one["criteria"], one["tone"])
            for one in (colours if isinstance(colours, list) else ())
            if isinstance(one, Mapping) and isinstance(one.get("criteria"), Mapping) and one.get("tone") in TONES
        )[:MOST_COLOURS],
    )


def clean_options(actor: Actor, kind: ObjectType, given: Mapping[str, Any]) -> dict[str, Any]:
    """Options as a view may keep them. Raises `Invalid` for what the actor cannot group or colour by."""
    colours = given.get("colours") or []
    if not isinstance(colours, list) or len(colours) > MOST_COLOURS:
        raise Invalid({"colours": [_("Use at most %(count)d entries.") % {"count": MOST_COLOURS}]})
    if given.get("density") and given["density"] not in DENSITIES:
        raise Invalid({"density": [_("Choose how wide the rows are.")]})
    options = read_options(given)
    if len(options.colours) < len(colours):
        raise Invalid({"colours": [_("Give each colour criteria and a tone.")]})
    if options.group:
        group_field(actor, kind, options.group)
    for one in options.colours:
        compile_q(actor, kind.name, one.criteria)
    return options.plain()

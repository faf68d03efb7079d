"""What the desk adds to the side bar."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from guanxi.desk.queries.team import leads_a_team
from guanxi.identity.actor import Actor
from guanxi.records.ports import MENU, MenuEntry


def desk_menu(actor: Actor) -> Iterable[MenuEntry]:
    """My day for all, the team for those who lead one."""
    yield MenuEntry("my-day", _("My day"), "sun", "/", go="D", position=1)
    if leads_a_team(actor):
        yield MenuEntry("team", _("Team"), "users-group", "/team/", group="insight", position=20)


MENU.register("desk", desk_menu)

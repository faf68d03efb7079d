"""The words that are offered while tagging. Records carry the words themselves, so removing one here takes none away."""

from uuid import UUID

from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid, NotFound
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import require_admin
from guanxi.records.models import Tag

COLOURS = ("grey", "indigo", "jade", "amber", "rose", "teal")


def save_tag(actor: Actor, *, name: str, colour: str = "grey", tag_id: UUID | None = None) -> Tag:
    """A new tag, or another name and colour for one. Raises `Invalid`, `NotAllowed`, `NotFound`."""
    with tenant_tx(actor.tenant_id):
        require_admin(actor)
        word = " ".join(name.replace("\x00", "").split())
        if not word:
            raise Invalid({"name": [_("Give the tag a name.")]})
        if len(word) > 60:
            raise Invalid({"name": [_("Use at most %(count)d characters.") % {"count": 60}]})
        if colour not in COLOURS:
            raise Invalid({"colour": [_("“%(value)s” is not one of the choices.") % {"value": colour[:60]}]})
        tag = _tag(tag_id) if tag_id else Tag()
        if Tag.objects.filter(name=word).exclude(id=tag.id).exists():
            raise Invalid({"name": [_("This tag exists already.")]})
        tag.name, tag.colour = word, colour
        tag.save()
        return tag


def delete_tag(actor: Actor, tag_id: UUID) -> None:
    """Offer this word no longer. Raises `NotAllowed`, `NotFound`."""
    with tenant_tx(actor.tenant_id):
        require_admin(actor)
        _tag(tag_id).delete()


def _tag(tag_id: UUID) -> Tag:
    found: Tag | None = Tag.objects.filter(id=tag_id).first()
    if found is None:
        raise NotFound(_("There is no such tag."))
    return found

"""Inviting people by mail, and what happens with the link."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.core.errors import Conflict, Invalid, NotFound
from guanxi.core.events import publish
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.audit import note_access
from guanxi.identity.events import InvitationAccepted
from guanxi.identity.models import Company, Invitation, Membership, Role, Team, Tenant, User
from guanxi.identity.permissions import require_admin
from guanxi.identity.ports import MAIL
from guanxi.identity.queries import hash_secret, tenant_of_token
from guanxi.identity.services.locking import locked
from guanxi.identity.services.members import root_team
from guanxi.identity.services.tenants import person
from guanxi.identity.validation import clean_email, clean_text

LIFE = timedelta(days=7)


@dataclass(frozen=True)
class Invited:
    """An invitation and its link; the link is told once, only its hash is stored."""

    invitation: Invitation
    link: str


@dataclass(frozen=True)
class OpenInvitation:
    """What the page behind a link shows. `known` tells that the e-mail has a sign-in already."""

    company: str
    email: str
    name: str
    inviter: str
    language: str
    known: bool


def invite_person(actor: Actor, *, email: str, role_id: UUID, name: str = "", team_id: UUID | None = None) -> Invited:
    """Invite somebody by mail; an open invitation to the same address is replaced. Raises `Invalid`, `NotAllowed`."""
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        email = clean_email("email", email)
        if Membership.objects.filter(user__email=email).exists():
            raise Invalid({"email": [_("%(email)s is a user already.") % {"email": email}]})
        if not Role.objects.filter(id=role_id).exists():
            raise Invalid({"role_id": [_("Choose one of the list.")]})
        if team_id and not Team.objects.filter(id=team_id).exists():
            raise Invalid({"team_id": [_("Choose one of the list.")]})
        now = timezone.now()
        Invitation.objects.filter(_OPEN, email=email).update(revoked_at=now)
        invitation = Invitation(
            email=email,
            name=clean_text("name", name, max_length=120, required=False),
            role_id=role_id,
            team_id=team_id,
            invited_by_id=actor.member_id,
        )
        link = _send(actor, invitation)
        note_access(
            actor, "invitation.sent", object_name="invitation", record_id=invitation.id, detail={"email": email}
        )
    return Invited(invitation, link)


def resend_invitation(actor: Actor, *, invitation_id: UUID) -> Invited:
    """Send a fresh link for an invitation that nobody accepted; the old link ends."""
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        invitation = _unanswered(invitation_id)
        invitation.revoked_at = None
        link = _send(actor, invitation)
        detail = {"email": invitation.email}
        note_access(actor, "invitation.sent", object_name="invitation", record_id=invitation.id, detail=detail)
    return Invited(invitation, link)


def revoke_invitation(actor: Actor, *, invitation_id: UUID) -> None:
    """End an invitation's link."""
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        invitation = _unanswered(invitation_id)
        invitation.revoked_at = timezone.now()
        invitation.save(update_fields=["revoked_at"])
        detail = {"email": invitation.email}
        note_access(actor, "invitation.revoked", object_name="invitation", record_id=invitation.id, detail=detail)


def open_invitation(token: str) -> OpenInvitation:
    """What stands behind a link. Raises `NotFound` when it is unknown, used, revoked or past its seven days."""
    tenant = _tenant(token)
    with tenant_tx(tenant.id):
        invitation = _valid(token)
        return OpenInvitation(
            company=tenant.name,
            email=invitation.email,
            name=invitation.name,
            inviter=invitation.invited_by.name if invitation.invited_by else "",
            language=Company.objects.get().language,
            known=User.objects.filter(email=invitation.email).exists(),
        )


def accept_invitation(
    token: str, *, user: User | None = None, name: str = "", password: str | None = None, origin: str = ""
) -> Membership:
    """Make the invited person a user of the tenant.

    An unknown e-mail gets a sign-in with `name` and `password`. A known one must be signed in as `user` with that
    e-mail (`Conflict` else): whoever holds the link alone must not enter somebody's account.
    """
    tenant = _tenant(token)
    with tenant_tx(tenant.id):
        invitation = _valid(token, lock=True)
        user = user or _newcomer(invitation, name, password)
        if user.email != invitation.email:
            raise Conflict(
                _("This invitation is for %(email)s. Sign in with that address.") % {"email": invitation.email}
            )
        member: Membership = Membership.objects.create(
            user=user, role_id=invitation.role_id, team_id=invitation.team_id or _root_id(), name=user.name
        )
        invitation.accepted_at = timezone.now()
        invitation.save(update_fields=["accepted_at"])
        actor = Actor(tenant_id=tenant.id, user_id=user.id, member_id=member.id, name=member.name, origin=origin)
        detail = {"email": user.email, "invitation": str(invitation.id)}
        note_access(actor, "user.joined", object_name="user", record_id=member.id, detail=detail)
        publish(InvitationAccepted(member_id=member.id, invited_by_id=invitation.invited_by_id), member_id=member.id)
    return member


_OPEN = Q(accepted_at=None, revoked_at=None)


def _send(actor: Actor, invitation: Invitation) -> str:
    text = f"gx_{actor.tenant_id.hex}_{secrets.token_urlsafe(32)}"
    invitation.token_hash = hash_secret(text)
    invitation.expires_at = timezone.now() + LIFE
    invitation.save()
    link = f"{settings.ORIGIN}/invitations/{text}/"
    company = Company.objects.get()
    context = {
        "company": Tenant.objects.get(id=actor.tenant_id).name,
        "inviter": actor.name,
        "name": invitation.name,
        "link": link,
        "days": LIFE.days,
    }
    for send_mail in MAIL:
        send_mail(
            actor.tenant_id, to=invitation.email, template="invitation", context=context, language=company.language
        )
    return link


def _tenant(token: str) -> Tenant:
    tenant_id = tenant_of_token(token)
    tenant = Tenant.objects.filter(id=tenant_id, is_active=True).first() if tenant_id else None
    if tenant is None:
        raise _gone()
    return tenant


def _valid(token: str, *, lock: bool = False) -> Invitation:
    rows = Invitation.objects.select_for_update(of=("self",)) if lock else Invitation.objects.all()
    found: Invitation | None = rows.filter(_OPEN, token_hash=hash_secret(token), expires_at__gt=timezone.now()).first()
    if found is None:
        raise _gone()
    return found


def _gone() -> NotFound:
    return NotFound(_("This invitation is no longer valid. Ask for a new one."))


def _unanswered(invitation_id: UUID) -> Invitation:
    invitation = locked(Invitation, invitation_id)
    if invitation.accepted_at is not None:
        raise Conflict(_("This invitation has been accepted."))
    return invitation


def _newcomer(invitation: Invitation, name: str, password: str | None) -> User:
    if User.objects.filter(email=invitation.email).exists():
        raise Conflict(_("You have an account already: sign in, then open the link again."))
    if not password:
        raise Invalid({"password": [_("This is required.")]})
    company = Company.objects.get()
    name = clean_text("name", name, max_length=120)
    return person(
        email=invitation.email, password=password, name=name, language=company.language, time_zone=company.time_zone
    )


def _root_id() -> UUID | None:
    team = root_team()
    return team.id if team else None

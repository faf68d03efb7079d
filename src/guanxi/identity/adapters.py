"""What Guanxi decides where the sign-in library asks."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from guanxi.core.tenancy import tenant_or_none, tenant_tx
from guanxi.identity.audit import note_access
from guanxi.identity.http import chosen_tenant
from guanxi.identity.queries import actor_of_user


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by invitation or with a new company, never by the library's own sign-up form."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        # The same for an unknown address and for a wrong password.
        "email_password_mismatch": _("E-mail or password is wrong. After five tries there is a pause of 15 minutes."),
        "too_many_login_attempts": _("Too many tries. Wait 15 minutes, or choose a new password."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Closed: see identity.views for the two ways in."""
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """My day."""
        return "/"

    def post_login(self, request: HttpRequest, user: Any, **extra: Any) -> HttpResponse:
        """Writes the sign-in into the access log of the tenant that it opens."""
        response: HttpResponse = super().post_login(request, user, **extra)
        tenant_id = chosen_tenant(request) if tenant_or_none() is None else None
        if tenant_id is not None:
            with tenant_tx(tenant_id):
                actor = actor_of_user(tenant_id, user.id, origin=str(request.META.get("REMOTE_ADDR", "")))
                if actor is not None:
                    note_access(actor, "sign-in", object_name="user", record_id=actor.member_id)
        return response


class MFAAdapter(DefaultMFAAdapter):
    """Names the relying party of passkeys and the issuer of one-time codes."""

    def get_public_key_credential_rp_entity(self) -> dict[str, Any]:
        """The relying party: this host under the product's name."""
        return {**super().get_public_key_credential_rp_entity(), "name": "Guanxi"}

    def get_totp_issuer(self) -> str:
        """Shown beside the code in the authenticator."""
        return "Guanxi"

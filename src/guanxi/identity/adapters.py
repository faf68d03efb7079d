"""What Guanxi decides where the sign-in library asks."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by invitation or with a new company, never by the library's own sign-up form."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Closed: see identity.views for the two ways in."""
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """My day."""
        return "/"


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Names the relying party of passkeys and the issuer of one-time codes."""

    def get_public_key_credential_rp_entity(self) -> dict[str, Any]:
        """The relying party: this host under the product's name."""
        return {**super().get_public_key_credential_rp_entity(), "name": "Guanxi"}

    def get_totp_issuer(self) -> str:
        """Shown beside the code in the authenticator."""
        return "Guanxi"

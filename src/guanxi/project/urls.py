"""All URLs: each room's urls.py under its own prefix, the API, the sign-in pages."""

from importlib import import_module
from importlib.util import find_spec

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = []
# The ground floor first: its /files/<id>/ would otherwise be taken for a record of the generic screens.
for room in ("core", *reversed(settings.ROOMS[1:])):
    if find_spec(f"guanxi.{room}") and find_spec(f"guanxi.{room}.urls"):
        urlpatterns += import_module(f"guanxi.{room}.urls").urlpatterns
urlpatterns.append(path("auth/", include("allauth.urls")))
urlpatterns.append(path("api/", include("guanxi.project.api")))

handler400 = "guanxi.identity.http.bad_request"
handler404 = "guanxi.identity.http.not_found"
handler500 = "guanxi.identity.http.server_error"

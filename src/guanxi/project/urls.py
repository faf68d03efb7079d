"""All URLs: each room's urls.py under its own prefix, the API, the sign-in pages."""

from importlib import import_module
from importlib.util import find_spec

from django.conf import settings
from django.urls import include, path

from guanxi.core.routing import BySegment, Route

# What programs call most is tried first.
routes: list[Route] = [path("api/", include("guanxi.project.api"))]
# The ground floor first: its /files/<id>/ would otherwise be taken for a record of the generic screens.
for room in ("core", *reversed(settings.ROOMS[1:])):
    if find_spec(f"guanxi.{room}") and find_spec(f"guanxi.{room}.urls"):
        routes += import_module(f"guanxi.{room}.urls").urlpatterns
routes.append(path("auth/", include("allauth.urls")))
urlpatterns = [BySegment(routes)]

handler400 = "guanxi.identity.http.bad_request"
handler404 = "guanxi.identity.http.not_found"
handler500 = "guanxi.identity.http.server_error"

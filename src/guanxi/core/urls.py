"""Addresses of the ground floor."""

from django.urls import path

from guanxi.core.ui.views import kit_page
from guanxi.core.views import serve_file, serve_source

urlpatterns = [
    path("files/<uuid:id>/", serve_file, name="core.file"),
    path("kit", kit_page, name="core.kit"),
    path("source.tar.gz", serve_source, name="core.source"),
]

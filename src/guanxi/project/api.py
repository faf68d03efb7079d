"""The API's addresses: its description, its documentation, and everything else below /api/."""

from django.urls import path, re_path

from guanxi.records.api.documents import docs, openapi_json
from guanxi.records.api.views import api

urlpatterns = [
    path("v1/openapi.json", openapi_json, name="api-openapi"),
    path("v1/docs", docs, name="api-docs"),
    re_path(r"^.*$", api, name="api"),
]

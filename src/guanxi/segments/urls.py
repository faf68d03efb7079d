"""Addresses of segments beside the generic screens."""

from django.urls import path

from guanxi.records.urls import ONE
from guanxi.segments import views

urlpatterns = [
    path("segments/build/<slug:object>", views.build, name="segments.build"),
    path("segments/<uuid:id>/criteria", views.criteria, name="segments.criteria"),
    path("segments/<uuid:id>/codes", views.codes, name="segments.codes"),
    path(ONE + "segments", views.of_record, name="segments.of_record"),
]

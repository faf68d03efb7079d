"""Addresses of engagement beside the generic screens."""

from django.urls import path

from guanxi.engagement.views import offers, public, questionnaires, results

ASKED = "questionnaires/<uuid:id>/"

urlpatterns = [
    path("q/<str:token>/", public.form, name="engagement.form"),
    path("q/<str:token>/thanks/", public.thanks, name="engagement.thanks"),
    path("offers/propose", offers.propose, name="engagement.propose"),
    path("offers/<uuid:id>/criteria", offers.criteria, name="engagement.criteria"),
    path("accounts/<uuid:id>/engagement", offers.of_customer, name="engagement.of_customer"),
    path("questionnaires/choose", questionnaires.choose, name="engagement.choose"),
    path(ASKED + "questions", questionnaires.questions, name="engagement.questions"),
    path(ASKED + "preview", questionnaires.preview, name="engagement.preview"),
    path(ASKED + "ask", questionnaires.ask, name="engagement.ask"),
    path(ASKED + "do/answer", questionnaires.ask_instead, name="engagement.ask_instead"),
    path(ASKED + "upload", questionnaires.upload, name="engagement.upload"),
    path(ASKED + "results", results.results, name="engagement.results"),
]

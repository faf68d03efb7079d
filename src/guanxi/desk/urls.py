"""Addresses of the desk. The customer's page stands before the generic record's."""

from django.urls import path

from guanxi.desk.views.customer import account_page, account_preview, contact_page, contact_preview
from guanxi.desk.views.my_day import my_day_page
from guanxi.desk.views.search import palette, search_page
from guanxi.desk.views.team import team_page

urlpatterns = [
    path("", my_day_page, name="my-day"),
    path("team/", team_page, name="team"),
    path("search/", search_page, name="search"),
    path("search/palette", palette, name="palette"),
    path("accounts/<uuid:id>/", account_page, name="desk.account"),
    path("contacts/<uuid:id>/", contact_page, name="desk.contact"),
    path("accounts/<uuid:id>/preview", account_preview, name="desk.account_preview"),
    path("contacts/<uuid:id>/preview", contact_preview, name="desk.contact_preview"),
]

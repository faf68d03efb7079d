"""Addresses of the desk."""

from django.urls import path

from guanxi.desk.views.my_day import my_day_page
from guanxi.desk.views.search import palette, search_page
from guanxi.desk.views.team import team_page

urlpatterns = [
    path("", my_day_page, name="my-day"),
    path("team/", team_page, name="team"),
    path("search/", search_page, name="search"),
    path("search/palette", palette, name="palette"),
]

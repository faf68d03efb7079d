"""Addresses of adoption, trainings, the sheet of strengths and weaknesses, and service by value."""

from django.urls import path

from guanxi.analytics.views import adoption, past, serving, swot

sheets = [
    path("value/return/adoption", adoption.page, name="analytics.adoption"),
    path("value/return/trainings/new", adoption.new_training, name="analytics.training_new"),
    path("value/return/trainings/<uuid:id>/delete", adoption.remove_training, name="analytics.training_delete"),
    path("value/return/swot", swot.page, name="analytics.swot"),
    path("value/return/swot/new", swot.new_entry, name="analytics.swot_new"),
    path("value/return/swot/decide", swot.decide, name="analytics.swot_decide"),
    path("value/return/swot/<uuid:id>", swot.edit_entry, name="analytics.swot_edit"),
    path("value/return/swot/<uuid:id>/move", swot.move, name="analytics.swot_move"),
    path("value/return/swot/<uuid:id>/delete", swot.remove, name="analytics.swot_delete"),
    path("value/then", past.past, name="analytics.past"),
    path("value/service", serving.page, name="analytics.service"),
    path("value/service/plan", serving.plan, name="analytics.service_plan"),
    path("value/service/<slug:grade>", serving.edit, name="analytics.service_class"),
]

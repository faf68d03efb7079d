"""Addresses of messaging."""

from django.urls import path

from guanxi.messaging import views

urlpatterns = [
    path("mailbox/", views.mailbox, name="messaging.mailbox"),
    path("mailbox/<uuid:id>/", views.message, name="messaging.message"),
    path("mailbox/<uuid:id>/html/", views.message_html, name="messaging.message_html"),
    path("mailbox/<uuid:id>/retry/", views.retry, name="messaging.retry"),
    path("mailbox/system/<uuid:id>/", views.system_message, name="messaging.system_message"),
    path("mailbox/system/<uuid:id>/html/", views.system_message_html, name="messaging.system_message_html"),
]

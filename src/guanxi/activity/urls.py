"""Addresses of activity."""

from django.urls import path

from guanxi.activity.views import calendar, dialogs, inbox, tasks, timeline

urlpatterns = [
    path("timeline/", timeline.timeline_part, name="activity.timeline"),
    path("activity/note", timeline.write_note, name="activity.note"),
    path("activity/call", dialogs.log_call, name="activity.call"),
    path("activity/mail", dialogs.write_mail, name="activity.mail"),
    path("activity/mail/fill", dialogs.fill_mail, name="activity.mail_fill"),
    path("activity/mail/preview", dialogs.preview_mail, name="activity.mail_preview"),
    path("activity/task", dialogs.plan_task, name="activity.task"),
    path("activity/event", dialogs.schedule_event, name="activity.event"),
    path("tasks/<uuid:id>/complete", tasks.complete, name="activity.complete"),
    path("tasks/<uuid:id>/reopen", tasks.reopen, name="activity.reopen"),
    path("tasks/<uuid:id>/snooze", tasks.snooze, name="activity.snooze"),
    path("tasks/<uuid:id>/tick", tasks.tick, name="activity.tick"),
    path("tasks/<uuid:id>/items", tasks.add_item, name="activity.add_item"),
    path("events/<uuid:id>/answer", calendar.answer, name="activity.answer"),
    path("calendar/", calendar.calendar_page, name="activity.calendar"),
    path("calendar/feed", calendar.feed, name="activity.feed"),
    path("calendar/events/<str:key>", calendar.move, name="activity.move"),
    path("inbox/", inbox.inbox_page, name="activity.inbox"),
    path("inbox/read-all", inbox.read_all, name="activity.read_all"),
    path("inbox/<uuid:id>/open", inbox.open_notification, name="activity.open"),
]

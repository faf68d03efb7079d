"""Commands of messaging."""

from guanxi.messaging.services.delivery import deliver_message, deliver_system_mail, resume_messages
from guanxi.messaging.services.queueing import queue_message, retry_message
from guanxi.messaging.services.system import queue_system_mail, send_tenant_mail
from guanxi.messaging.services.templates import Rendered, render_message, set_up_tenant

__all__ = [
    "Rendered",
    "deliver_message",
    "deliver_system_mail",
    "queue_message",
    "queue_system_mail",
    "render_message",
    "resume_messages",
    "retry_message",
    "send_tenant_mail",
    "set_up_tenant",
]

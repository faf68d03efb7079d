"""The templates that every tenant starts with, in both languages. The tenant's own versions take their place."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ENGLISH, CHINESE = "en", "zh-hans"


@dataclass(frozen=True)
class DefaultTemplate:
    """A template as it is delivered. Its text is content in `language`, not a string of the interface."""

    key: str
    language: str
    name: Promise
    subject: str
    body: str


_INVITATION_EN = """Hello {{ name | "there" }},

{{ inviter }} invites you to work with {{ company }} in Guanxi.

[Accept the invitation]({{ link }})

The link is valid for {{ days }} days. If you did not expect it, do nothing.
"""
_INVITATION_ZH = """{{ name | "您好" }}：

{{ inviter }} 邀请您加入 {{ company }} 的 Guanxi 工作区。

[接受邀请]({{ link }})

链接 {{ days }} 天内有效。如果您不知情，请忽略此邮件。
"""
_REMINDER_EN = """Hello {{ name | "there" }},

this is due {{ due }}:

**{{ subject }}**

[Open it]({{ link }})
"""
_REMINDER_ZH = """{{ name | "您好" }}：

以下事项将于 {{ due }} 到期：

**{{ subject }}**

[打开]({{ link }})
"""
_QUOTE_EN = """Dear {{ contact.name | "customer" }},

please find attached our quotation {{ quote.code }} {{ quote.name }} over {{ quote.total }}. It is valid until {{ quote.valid_until }}.

We look forward to your reply.

{{ user.name }}
{{ company.name }}
{{ user.phone }}
"""
_QUOTE_ZH = """尊敬的{{ contact.name | "客户" }}：

随信附上报价单 {{ quote.code }} {{ quote.name }}，总额 {{ quote.total }}，有效期至 {{ quote.valid_until }}。

期待您的回复。

{{ user.name }}
{{ company.name }}
{{ user.phone }}
"""
_FOLLOW_UP_EN = """Dear {{ contact.name | "customer" }},

thank you for the conversation. As agreed:

-

Do let me know if I have left anything out.

{{ user.name }}
{{ company.name }}
"""
_FOLLOW_UP_ZH = """尊敬的{{ contact.name | "客户" }}：

感谢您抽时间沟通。会谈要点如下：

-

如有遗漏，请随时告知。

{{ user.name }}
{{ company.name }}
"""

DEFAULTS = (
    DefaultTemplate("invitation", ENGLISH, _("Invitation"), "{{ company }} invites you to Guanxi", _INVITATION_EN),
    DefaultTemplate("invitation", CHINESE, _("Invitation"), "{{ company }} 邀请您加入 Guanxi", _INVITATION_ZH),
    DefaultTemplate("reminder", ENGLISH, _("Reminder"), "Reminder: {{ subject }}", _REMINDER_EN),
    DefaultTemplate("reminder", CHINESE, _("Reminder"), "提醒：{{ subject }}", _REMINDER_ZH),
    DefaultTemplate("quote", ENGLISH, _("Quote"), "Quotation {{ quote.code }} from {{ company.name }}", _QUOTE_EN),
    DefaultTemplate("quote", CHINESE, _("Quote"), "{{ company.name }} 报价单 {{ quote.code }}", _QUOTE_ZH),
    DefaultTemplate("", ENGLISH, _("After a conversation"), "Our conversation", _FOLLOW_UP_EN),
    DefaultTemplate("", CHINESE, _("After a conversation"), "会谈纪要", _FOLLOW_UP_ZH),
)


def default_template(key: str, language: str) -> DefaultTemplate:
    """The delivered template for a key; in English when there is none in `language`. Raises KeyError."""
    found = {item.language: item for item in DEFAULTS if item.key == key}
    if not key or not found:
        raise KeyError(key)
    return found.get(language) or found[ENGLISH]

"""What lies in the mailboxes of the demo company on the first morning."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from plugin.runtime.clock import stamp
from plugin.runtime.demo.tables import Made

WELCOME = {
    "zh_Hans": (
        "欢迎使用 Divan",
        "您好！\n\n- **客户资料**和**客户跟踪**里有您的客户和业务\n"
        "- 催办、预约提示和论坛摘要会送到这个信箱\n"
        "- 有问题请在**客户研讨**的“建议”里留言",
    ),
    "en": (
        "Welcome to Divan",
        "Hello!\n\n- Your customers and deals are in *Customers* and *Customer tracking*\n"
        "- Chase-ups, reminders and digests come to this mailbox\n- Write to *Suggestions* in the "
        "forum if something is missing",
    ),
}
MEETING = {
    "zh_Hans": ("销售周例会", "第一会议室"),
    "en": ("Weekly sales meeting", "Meeting room 1"),
}


def mailbox(person: str, language: str, now: datetime) -> Iterator[Made]:
    """(form, id, items) of one person's mailbox."""
    subject, body = WELCOME[language]
    yield (
        "memo",
        "memo:welcome",
        {
            "subject": subject,
            "body": body,
            "sender": {"zh_Hans": "陈静", "en": "Chen Jing"}[language],
            "to": person,
            "received": stamp(now - timedelta(hours=2)),
            "kind": "memo",
            "seen": False,
        },
    )
    day = now + timedelta(days=(7 - now.weekday()) % 7 or 7)
    starts = day.replace(hour=1, minute=0, second=0)
    title, place = MEETING[language]
    yield (
        "appointment",
        "appointment:weekly",
        {
            "subject": title,
            "place": place,
            "starts": stamp(starts),
            "ends": stamp(starts + timedelta(hours=1)),
            "organizer": "zhou.wenbin",
            "answer": "accepted",
        },
    )

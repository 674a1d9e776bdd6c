"""Everybody's own mailbox with memos and calendar, and the outbox of notices 电子邮件."""

from pathlib import Path

from plugin import DatabaseSpec, Module
from plugin.mail.access import ACL
from plugin.mail.memos import mark_read, mark_unread
from plugin.mail.outbox_access import ACL as OUTBOX_ACL
from plugin.mail.outgoing import cancel_notice, retry_notice

DESIGNS = Path(__file__).resolve().parents[2] / "design_docs"

module = Module(
    name="mail",
    title="Mail",
    order=60,
    icon="envelope",
    databases=(
        DatabaseSpec("mail", "Mailbox", DESIGNS / "mail", ACL, template=True),
        DatabaseSpec("outbox", "Outbox", DESIGNS / "outbox", OUTBOX_ACL),
    ),
    actions={
        "memo.mark_read": mark_read,
        "memo.mark_unread": mark_unread,
        "outgoing.retry": retry_notice,
        "outgoing.cancel": cancel_notice,
    },
)

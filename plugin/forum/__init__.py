"""Topics, replies and interest profiles 客户关系研讨."""

from pathlib import Path

from plugin import DatabaseSpec, FormCode, Module
from plugin.forum.access import ACL
from plugin.forum.checks import check_interest, check_reply, check_topic
from plugin.forum.following import FOLLOW_TOPICS

DESIGN = Path(__file__).resolve().parents[2] / "design_docs" / "forum"

module = Module(
    name="forum",
    title="Forum",
    order=50,
    icon="chat-left-text",
    databases=(DatabaseSpec("forum", "Forum", DESIGN, ACL),),
    forms={
        "topic": FormCode(check_topic),
        "reply": FormCode(check_reply),
        "interest": FormCode(check_interest),
    },
    agents=(FOLLOW_TOPICS,),
)

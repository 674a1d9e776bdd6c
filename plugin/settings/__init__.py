"""People, groups, offices, keyword lists and numbering rules 系统设置."""

from pathlib import Path

from plugin import DatabaseSpec, FormCode, Module
from plugin.settings.access import ACL
from plugin.settings.defaults import FIRST_DOCUMENTS
from plugin.settings.names import check_group, check_list, check_person, check_rule, check_sessions

DESIGN = Path(__file__).resolve().parents[2] / "design_docs" / "settings"

module = Module(
    name="settings",
    title="Settings",
    order=90,
    icon="gear",
    databases=(DatabaseSpec("settings", "Settings", DESIGN, ACL, documents=FIRST_DOCUMENTS),),
    forms={
        "person": FormCode(check_person),
        "group": FormCode(check_group),
        "keywords": FormCode(check_list),
        "numbering": FormCode(check_rule),
        "sessions": FormCode(check_sessions),
    },
)

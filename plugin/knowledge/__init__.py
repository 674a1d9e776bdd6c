"""Articles, products and competitors 业务知识管理."""

from pathlib import Path

from plugin import DatabaseSpec, Module
from plugin.knowledge.access import ACL

DESIGN = Path(__file__).resolve().parents[2] / "design_docs" / "knowledge"

module = Module(
    name="knowledge",
    title="Business knowledge",
    order=40,
    icon="journal-text",
    databases=(DatabaseSpec("knowledge", "Business knowledge", DESIGN, ACL),),
)

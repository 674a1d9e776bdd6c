"""Complaints and support cases 客户服务管理."""

from pathlib import Path

from plugin import DatabaseSpec, Module
from plugin.service.access import ACL
from plugin.service.complaints import COMPLAINT_NOTICES

DESIGN = Path(__file__).resolve().parents[2] / "design_docs" / "service"

module = Module(
    name="service",
    title="Customer service",
    order=30,
    icon="headset",
    databases=(DatabaseSpec("service", "Customer service", DESIGN, ACL),),
    agents=(COMPLAINT_NOTICES,),
)

"""Complaints and support cases 客户服务管理."""

from pathlib import Path

from plugin import Condition, DatabaseSpec, Holding, Module
from plugin.service.access import ACL
from plugin.service.complaints import COMPLAINT_NOTICES

DESIGN = Path(__file__).resolve().parents[2] / "design_docs" / "service"

COMPLAINTS = Holding(
    name="complaints",
    title="Open complaints",
    database="service",
    form="complaint",
    listing="open_complaints_by_person",
    items=("owner", "responsible", "decider"),
    when=Condition(
        "state", ("received", "judged", "assigned", "proposed", "decided", "carried_out")
    ),
)
SUPPORT = Holding(
    name="support",
    title="Open support cases",
    database="service",
    form="support",
    listing="open_support_by_owner",
    items=("owner",),
    when=Condition("state", ("open", "expert")),
)
SERVICES = Holding(
    name="services",
    title="Planned services",
    database="service",
    form="visit",
    listing="visits_by_owner",
    items=("owner",),
    also=("participants",),
    when=Condition("state", ("planned",)),
)

module = Module(
    name="service",
    title="Customer service",
    order=30,
    icon="headset",
    databases=(DatabaseSpec("service", "Customer service", DESIGN, ACL),),
    agents=(COMPLAINT_NOTICES,),
    holdings=(COMPLAINTS, SUPPORT, SERVICES),
)

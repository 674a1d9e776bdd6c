"""Deals, activities, chase-ups, handovers, orders and payments 客户跟踪管理."""

from pathlib import Path

from plugin import DatabaseSpec, FormCode, Module
from plugin.tracking.access import ACL
from plugin.tracking.activities import check_activity
from plugin.tracking.chases import CHASE_NOTICES, chase_deal, check_chase
from plugin.tracking.following import FOLLOW_DEALS, SHOW_CONTACTS
from plugin.tracking.handovers import ACTIVITIES, DEALS, ORDERS, check_handover
from plugin.tracking.orders import ORDERS_SHOW_PAYMENTS, make_order, make_plan
from plugin.tracking.payments import PAYMENT_REMINDERS, check_payment
from plugin.tracking.reminders import REMINDERS

DESIGN = Path(__file__).resolve().parents[2] / "design_docs" / "tracking"

module = Module(
    name="tracking",
    title="Customer tracking",
    order=20,
    icon="briefcase",
    databases=(DatabaseSpec("tracking", "Customer tracking", DESIGN, ACL),),
    forms={
        "activity": FormCode(check_activity),
        "chase": FormCode(check_chase),
        "handover": FormCode(check_handover),
        "payment": FormCode(check_payment),
    },
    actions={"deal.chase": chase_deal, "deal.order": make_order, "order.plan": make_plan},
    agents=(CHASE_NOTICES, FOLLOW_DEALS, SHOW_CONTACTS, ORDERS_SHOW_PAYMENTS),
    scheduled=(REMINDERS, PAYMENT_REMINDERS),
    holdings=(DEALS, ACTIVITIES, ORDERS),
)

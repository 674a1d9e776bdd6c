"""Customers and their contacts 客户资料管理."""

from pathlib import Path

from plugin import DatabaseSpec, FormCode, Holding, Module
from plugin.customers.access import ACL
from plugin.customers.checks import check_contact, check_customer
from plugin.customers.following import FOLLOW_CUSTOMERS

DESIGN = Path(__file__).resolve().parents[2] / "design_docs" / "customers"

CUSTOMERS = Holding(
    name="customers",
    title={"en": "Customers", "zh_Hans": "客户"},
    database="customers",
    form="customer",
    listing="customers_by_owner",
    items=("owner",),
    also=("team",),
)

module = Module(
    name="customers",
    title="Customers",
    order=10,
    icon="building",
    databases=(DatabaseSpec("customers", "Customers", DESIGN, ACL),),
    forms={"customer": FormCode(check_customer), "contact": FormCode(check_contact)},
    agents=(FOLLOW_CUSTOMERS,),
    holdings=(CUSTOMERS,),
)

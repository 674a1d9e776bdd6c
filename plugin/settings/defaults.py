"""What the settings hold from the beginning: keyword lists, numbering rules, the usual groups.

An administrator changes them in the shell. What a later version changes here is merged with that.
"""

from collections.abc import Iterator

from plugin import Raw

KEYWORDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "region": (
        "Region",
        (
            "East China",
            "North China",
            "South China",
            "Central China",
            "Southwest China",
            "Northwest China",
            "Northeast China",
            "Hong Kong and Macao",
            "Abroad",
        ),
    ),
    "customer_class": (
        "Customer class",
        (
            "Existing customer",
            "Potential customer",
            "Partner",
            "Agent",
            "Former customer",
        ),
    ),
    "importance": (
        "Importance",
        (
            "Key customer",
            "High",
            "Normal",
            "Low",
        ),
    ),
    "industry": (
        "Industry",
        (
            "Manufacturing",
            "Automotive",
            "Electronics",
            "Software",
            "Telecommunications",
            "Finance",
            "Medical",
            "Education",
            "Government",
            "Retail",
            "Logistics",
            "Energy",
            "Construction",
            "Food",
            "Services",
            "Technology",
            "Marketing",
            "Entertainment",
            "Employment",
        ),
    ),
    "source": (
        "Source",
        (
            "Referral",
            "Trade fair",
            "Web site",
            "Advertisement",
            "Enquiry",
            "Cold call",
            "Partner",
        ),
    ),
    "company_size": (
        "Company size",
        (
            "Up to 49",
            "50 to 249",
            "250 to 999",
            "1000 and more",
        ),
    ),
    "position": (
        "Position",
        (
            "General manager",
            "Deputy general manager",
            "Sales director",
            "Regional manager",
            "Sales manager",
            "Sales representative",
            "Service manager",
            "Service engineer",
            "Purchasing manager",
            "IT manager",
            "Engineer",
            "Finance manager",
            "Assistant",
            "System administrator",
            "Consultant",
        ),
    ),
    "contact_role": (
        "Role in decisions",
        (
            "Decision maker",
            "Influencer",
            "User",
            "Buyer",
            "Gatekeeper",
        ),
    ),
    "activity_kind": (
        "Kind of contact",
        (
            "Phone call",
            "Mail",
            "Visit",
            "Meeting",
            "Instant message",
            "Fax",
            "Presentation",
            "Trade fair",
        ),
    ),
    "lost_reason": (
        "Reason of the loss",
        (
            "Price",
            "Product does not fit",
            "Delivery time",
            "Competitor",
            "Budget cut",
            "No decision",
            "Contact lost",
            "Unknown",
        ),
    ),
    "payment_method": (
        "Way of payment",
        (
            "Bank transfer",
            "Cheque",
            "Bill of exchange",
            "Letter of credit",
            "Alipay",
            "WeChat Pay",
            "Card",
            "Cash",
        ),
    ),
    "complaint_class": (
        "Class of complaint",
        (
            "Product quality",
            "Delivery",
            "Service attitude",
            "Invoice",
            "Installation",
            "After-sales service",
            "Other",
        ),
    ),
    "complaint_cause": (
        "Cause",
        (
            "Material",
            "Production",
            "Transport",
            "Use by the customer",
            "Communication",
            "Software error",
            "Other",
        ),
    ),
    "question_class": (
        "Class of question",
        (
            "Installation",
            "Operation",
            "Failure",
            "Maintenance",
            "Accessories",
            "Software",
            "Other",
        ),
    ),
    "after_sales_kind": (
        "Kind of service",
        (
            "Installation",
            "Training",
            "Maintenance",
            "Repair on site",
            "Repair in the workshop",
            "Inspection",
            "Phone support",
        ),
    ),
    "product_class": (
        "Product class",
        (
            "Hardware",
            "Software",
            "Service",
            "Accessories",
            "Consumables",
        ),
    ),
    "article_kind": (
        "Kind of article",
        (
            "Company profile",
            "Product introduction",
            "Quotation",
            "Know-how",
            "Standard document",
            "Market activity",
            "Press",
            "Industry news",
            "Product trend",
        ),
    ),
    "forum_category": (
        "Category",
        (
            "Sales experience",
            "Customer cases",
            "Market and competitors",
            "Product questions",
            "Customer service",
            "Suggestions",
            "Staff life",
        ),
    ),
}
"""List → title and values. The values are what documents hold; people see the translation."""

NUMBERING = {
    "customer": ("C{n:05d}", "never"),
    "deal": ("D{year}-{n:04d}", "yearly"),
    "order": ("O{year}-{n:04d}", "yearly"),
    "complaint": ("T{year}-{n:04d}", "yearly"),
    "support": ("S{year}-{n:04d}", "yearly"),
}
"""Rule → pattern, and when the counter starts anew."""

GROUPS = {
    "leaders": ("Company leaders", "公司领导"),
    "service": ("Customer service staff", "客服人员"),
    "knowledge-editors": ("Editors of business knowledge", "业务知识编辑"),
}
"""Groups that the first access control lists name, still without members."""


SESSIONS = {"password": "Manager", "laptop": "Manager", "portal": "Author"}
"""Kind of session → the highest level that it may have."""


def _documents() -> Iterator[Raw]:
    for name, (title, values) in KEYWORDS.items():
        yield _document("keywords", name, title=title, values=list(values))
    for name, (pattern, reset) in NUMBERING.items():
        yield _document("numbering", name, pattern=pattern, reset=reset)
    for name, (title, title_zh) in GROUPS.items():
        yield _document("group", name, title=title, title_zh=title_zh, kind="access", members=[])
    yield _document("sessions", "levels", title="Highest levels of sessions", **SESSIONS)


def _document(form: str, name: str, **items: object) -> Raw:
    authors = {"administrators": ["[Admin]"]}
    named = {} if form == "sessions" else {"name": name}
    return {"_id": f"{form}:{name}", "form": form, **named, **items, "authors": authors}


FIRST_DOCUMENTS: tuple[Raw, ...] = tuple(_documents())

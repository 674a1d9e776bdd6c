"""Complaints in every state, support cases, the question library and after-sales services of the
demo company."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from plugin.runtime.clock import stamp
from plugin.runtime.demo.customers import DemoCustomer, demo_id
from plugin.runtime.demo.tables import Made, table

CHAIN = ("received", "judged", "assigned", "proposed", "decided", "carried_out", "closed")
KINDS = ("product:cmm-500", "product:cmm-800", "product:vms-400", "product:qdata", "product:hard-5")


def complaints(seed: int, customers: list[DemoCustomer], now: datetime) -> Iterator[Made]:
    """One complaint for each text, spread over the chain."""
    random = Random(f"{seed}/complaints")
    for number, (subject, kind, severity, text) in enumerate(table("words")["complaints"]):
        customer = random.choice(customers)
        came = now - timedelta(days=random.randint(1, 60), hours=random.randint(0, 9))
        items = {
            "subject": subject, "class": kind, "severity": severity, "description": text,
            "customer": customer.id, "channel": random.choice(("phone", "mail", "visit")),
            "received_on": stamp(came), "owner": random.choice(("xu.fang", "gao.peng")),
            "product": random.choice(KINDS), "state": CHAIN[number % len(CHAIN)],
            **_handling(CHAIN[number % len(CHAIN)], customer, came),
        }  # fmt: skip
        yield "complaint", demo_id("complaint", seed, str(number)), items


def _handling(state: str, customer: DemoCustomer, came: datetime) -> dict[str, Any]:
    """What the steps up to `state` have left in the document."""
    left: tuple[dict[str, Any], ...] = (
        {},
        {"judgement": "属实，应由我方处理。"},
        {
            "department": "service",
            "responsible": "gao.peng",
            "due": f"{came + timedelta(days=10):%Y-%m-%d}",
        },
        {"proposal": "派工程师上门检查并更换故障件，费用由我方承担。", "decider": "zhou.wenbin"},
        {"decision": "同意，三天内完成。"},
        {"action_taken": "已更换，客户现场验证正常。"},
        {
            "cause": "Production",
            "summary": "出厂前增加一道检查。",
            "closed_on": f"{came + timedelta(days=1):%Y-%m-%d}",
        },
    )
    found: dict[str, Any] = {}
    for part in left[: CHAIN.index(state) + 1]:
        found |= part
    return found


def questions(seed: int) -> Iterator[Made]:
    """The library: the questions that have an answer."""
    for number, (subject, question, answer, kind) in enumerate(_answered()):
        items = {
            "subject": subject, "class": kind, "question": question, "answer": answer,
            "owner": "gao.peng", "state": "published",
        }  # fmt: skip
        yield "question", demo_id("question", seed, str(number)), items


def visits(seed: int, customers: list[DemoCustomer], now: datetime) -> Iterator[Made]:
    """After-sales services, past and planned."""
    random = Random(f"{seed}/visits")
    for number, (subject, kind, content, parts) in enumerate(table("words")["visits"]):
        planned = not content
        days = random.randint(1, 14) if planned else -random.randint(2, 60)
        begins = (now + timedelta(days=days)).replace(hour=random.choice((1, 2, 6)), minute=0)
        items = {
            "subject": subject, "kind": kind, "product": random.choice(KINDS),
            "customer": random.choice(customers).id,
            "owner": random.choice(("gao.peng", "xu.fang")),
            "starts": stamp(begins), "ends": stamp(begins + timedelta(hours=3)),
            "serial": f"SN{random.randint(10000, 99999)}",
            "content": content or None, "parts": parts or None,
            "cost": None if planned else {"amount": str(300 + 50 * number), "currency": "CNY"},
            "result": None if planned else random.choice(("solved", "solved", "partly")),
            "state": "planned" if planned else "done",
        }  # fmt: skip
        yield "visit", demo_id("visit", seed, str(number)), items


def _answered() -> Iterator[tuple[str, str, str, str]]:
    for subject, question, answer, kind in table("words")["support"]:
        if answer:
            yield subject, question, answer, kind


def support_cases(seed: int, customers: list[DemoCustomer], now: datetime) -> Iterator[Made]:
    """Questions with and without an answer."""
    random = Random(f"{seed}/support")
    for number, (subject, question, answer, _) in enumerate(table("words")["support"]):
        asked = now - timedelta(days=random.randint(0, 30), hours=random.randint(0, 9))
        items = {
            "subject": subject, "question": question, "answer": answer or None,
            "customer": random.choice(customers).id, "asked_at": stamp(asked),
            "owner": random.choice(("xu.fang", "gao.peng")),
            "state": "answered" if answer else random.choice(("open", "expert")),
            "answered_on": f"{asked:%Y-%m-%d}" if answer else None,
        }  # fmt: skip
        yield "support", demo_id("support", seed, str(number)), items

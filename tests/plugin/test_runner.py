"""Agents and jobs as a service of a real office."""

import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from plugin import Agent, AgentRunner, Module, Office, Scheduled, Session
from plugin.forum import module as forum
from plugin.runtime.agents.runner import service
from plugin.settings import module as settings

Create = Callable[..., Office]


class Watcher:
    """A module whose agent and job note what they are called with."""

    def __init__(self) -> None:
        self.topics: list[str] = []
        self.saw_topic, self.job_ran = threading.Event(), threading.Event()
        self.by: set[str | None] = set()

    @property
    def module(self) -> Module:
        return Module(
            name="watcher", title="Watcher", order=99, icon="eye", databases=(),
            agents=(Agent("watch", "forum", frozenset({"topic"}), self.look),
                    Agent("lost", "nowhere", frozenset({"topic"}), self.look)),
            scheduled=(Scheduled("tick", 0.1, self.tick),),
        )  # fmt: skip

    def look(self, session: Session, doc: dict[str, Any]) -> None:
        self.topics.append(doc["subject"])
        self.by.add(session.identity.name)
        self.saw_topic.set()

    def tick(self, session: Session, now: datetime) -> None:
        self.job_ran.set()


@pytest.fixture
def watcher() -> Watcher:
    return Watcher()


@pytest.fixture
def office(tmp_path: Path, watcher: Watcher) -> Any:
    with Office.create(tmp_path / "data", modules=[settings, forum, watcher.module]) as made:
        yield made


def post(office: Office, subject: str) -> None:
    items = {"subject": subject, "category": "Market", "body": "Text.", "author": "divan-server"}
    office.system().database("forum").create("topic", items)


def test_a_running_service_reacts_to_changes_and_the_clock(
    office: Office, watcher: Watcher
) -> None:
    running = service(office)
    running.start()
    try:
        assert watcher.job_ran.wait(20)
        post(office, "One")
        assert watcher.saw_topic.wait(20)
    finally:
        running.stop()
    assert watcher.topics == ["One"]
    assert watcher.by == {"divan-server"}
    assert AgentRunner(office).lease.current() is None, "given back"


def test_what_came_while_nobody_ran_is_done_once(office: Office, watcher: Watcher) -> None:
    post(office, "One")
    assert AgentRunner(office).run_once() >= 2, "the job and the agent"
    assert watcher.topics == ["One"]
    post(office, "Two")
    AgentRunner(office).run_once()
    assert watcher.topics == ["One", "Two"]


def test_an_agent_without_its_database_is_left_out(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    names = set(AgentRunner(office).status())
    assert "watch" in names
    assert "lost" not in names
    assert "agent lost: there is no database nowhere" in caplog.text


def test_on_a_laptop_no_agent_runs(tmp_path: Path, watcher: Watcher) -> None:
    modules = [settings, forum, watcher.module]
    with Office.create(tmp_path / "laptop", kind="laptop", modules=modules) as laptop:
        running = service(laptop)
        running.start()
        assert not watcher.job_ran.wait(0.5)
        running.stop()

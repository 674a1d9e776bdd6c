"""The world, made once and copied for each test module."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.leaks.world import World, begin, open_world


@pytest.fixture(scope="session")
def made_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("world") / "data"
    begin(path)
    return path


@pytest.fixture(scope="module")
def world(made_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    path = tmp_path_factory.mktemp("copy") / "data"
    shutil.copytree(made_world, path)
    world = open_world(path)
    yield world
    world.office.close()

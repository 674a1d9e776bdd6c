"""A database that was being made when the process died is made on, not left half made."""

from pathlib import Path

import pytest

import plugin.runtime.designs.deploying as deploying
from plugin import NotFound, Office
from plugin.mail import module as mail
from plugin.settings import module as settings


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("step", ["deploy", "security_object", "to_document", "copy_to_security"])
def test_a_mailbox_cut_off_at_any_step_is_made_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def killed(*args: object) -> None:
        raise Killed

    with Office.create(tmp_path / "data", modules=[settings, mail]) as office:
        people = office.system().database("settings")
        items = {"login": "bo.chen", "name_latin": "Bo Chen"}
        people.create("person", items, id="person:bo.chen")
        with monkeypatch.context() as patch:
            patch.setattr(deploying, step, killed)
            with pytest.raises(Killed):
                office.mail_database("bo.chen")
        bo = office.session(office.directory.identity("bo.chen"))
        bo.databases()  # the navigator shows what there is
        if step != "copy_to_security":
            with pytest.raises(NotFound):
                bo.database("mail_bo_chen")
        name = office.mail_database("bo.chen")
        assert "memo" in bo.database(name).forms
        assert name in [info.name for info in bo.databases()]
        assert office.server.database(name).security()["acl"]

"""A new password, typed twice."""

from collections.abc import Mapping

from plugin import password_problem
from views.language import _


def read_password(answers: Mapping[str, str]) -> tuple[str, str]:
    """The password and what is wrong with it; the second is empty where all is well."""
    password = answers.get("password", "")
    problem = password_problem(password)
    if problem is not None:
        return "", _(problem)
    if password != answers.get("again", ""):
        return "", _("The two passwords are not the same.")
    return password, ""

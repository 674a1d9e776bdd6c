"""`validate_doc_update`: what the design documents of a database let through.

CouchDB 3.5, "Validate Document Update Functions": each design document's function gets the new
document, the old one, the user context and the security object; admins are checked too. Design
and local documents are not shown to the functions (`store.lite.bulk`).
"""

import json
from collections.abc import Mapping, Sequence

from store.errors import DesignError, Forbidden, StoreError, Unauthorized
from store.lite.identity import IdentityCache
from store.lite.js.pool import JsPool, Program, TimedOut
from store.types import Doc, Json, UserContext

Pair = tuple[Doc, Doc | None]

MAX_TIMEOUTS = 2


class Validation:
    """Runs the validate functions of a database's design documents."""

    def __init__(self, pool: JsPool) -> None:
        self._pool = pool
        self._programs = IdentityCache(lambda design: Program.of(design, "design"))

    def errors(
        self,
        designs: Sequence[Doc],
        pairs: Sequence[Pair],
        user: UserContext,
        db: str,
        security: Mapping[str, Json],
    ) -> list[StoreError | None]:
        """Return for each (new, old) what refuses it, or None: Forbidden or Unauthorized,
        DesignError where a function fails. `designs` are those with a validate function; one round
        trip for each."""
        errors: list[StoreError | None] = [None] * len(pairs)
        head = json.dumps([user.to_json(db), security])
        for program in map(self._programs.get, designs):
            waiting = [index for index, error in enumerate(errors) if error is None]
            lines = [json.dumps(pairs[index]) for index in waiting]
            for index, error in zip(waiting, self._run(program, lines, head), strict=True):
                errors[index] = error
        return errors

    def _run(
        self, program: Program, lines: Sequence[str], head: str
    ) -> Sequence[StoreError | None]:
        try:
            return [answer_error(line) for line in self._pool.run(program, "validate", lines, head)]
        except DesignError as error:
            if len(lines) <= 1:
                return [error]
        return self._one_by_one(program, lines, head)

    def _one_by_one(
        self, program: Program, lines: Sequence[str], head: str
    ) -> list[StoreError | None]:
        """One document must not refuse its neighbours: find out whose fault it is, for a while."""
        errors: list[StoreError | None] = []
        late: list[TimedOut] = []
        for line in lines:
            if len(late) >= MAX_TIMEOUTS:
                errors.append(late[-1])
                continue
            try:
                errors.append(answer_error(self._pool.run(program, "validate", [line], head)[0]))
            except DesignError as error:
                errors.append(error)
                if isinstance(error, TimedOut):
                    late.append(error)
        return errors


def answer_error(line: str) -> StoreError | None:
    """The error that a worker's answer to `validate` stands for."""
    try:
        answer = json.loads(line)
    except RecursionError:
        return DesignError("validate_doc_update threw something nested too deep")
    if answer is None:
        return None
    if not isinstance(answer, dict):
        return DesignError(f"validate_doc_update gave no clear answer: {answer!r}")
    if "failed" in answer:
        return DesignError(f"validate_doc_update failed: {answer['failed']}")
    thrown = answer.get("thrown")
    if isinstance(thrown, dict) and "forbidden" in thrown:
        return Forbidden(as_text(thrown["forbidden"]))
    if isinstance(thrown, dict) and "unauthorized" in thrown:
        return Unauthorized(as_text(thrown["unauthorized"]))
    return DesignError(f"validate_doc_update threw {as_text(thrown)}")


def as_text(message: Json) -> str:
    return message if isinstance(message, str) else json.dumps(message, ensure_ascii=False)

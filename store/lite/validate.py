"""`validate_doc_update`: what the design documents of a database let through.

CouchDB 3.5, "Validate Document Update Functions": each design document's function gets the new
document, the old one, the user context and the security object; admins are checked too. Design
and local documents are not shown to the functions (`store.lite.bulk`).
"""

import json
from collections.abc import Mapping, Sequence

from store.errors import DesignError, Forbidden, FunctionError, StoreError, Unauthorized
from store.lite.identity import IdentityCache
from store.lite.js.patience import Patience
from store.lite.js.pool import JsPool, Program
from store.types import Doc, Json, UserContext

Pair = tuple[Doc, Doc | None]

CHUNK = 500
"""Documents that are judged in one call."""


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
        patience: Patience,
    ) -> list[StoreError | None]:
        """Return for each (new, old) what refuses it, or None: Forbidden or Unauthorized,
        DesignError where a function fails. `designs` are those with a validate function; one round
        trip for each and some hundred documents."""
        errors: list[StoreError | None] = [None] * len(pairs)
        head = json.dumps([user.to_json(db), security])
        for program in map(self._programs.get, designs):
            waiting = [index for index, error in enumerate(errors) if error is None]
            for at in range(0, len(waiting), CHUNK):
                chunk = waiting[at : at + CHUNK]
                lines = [json.dumps(pairs[index]) for index in chunk]
                found = self._run(program, lines, head, patience)
                for index, error in zip(chunk, found, strict=True):
                    errors[index] = error
        return errors

    def _run(
        self, program: Program, lines: Sequence[str], head: str, patience: Patience
    ) -> Sequence[StoreError | None]:
        try:
            return self._judged(program, lines, head, patience)
        except DesignError as error:
            if len(lines) == 1:
                return [error]
        # One document must not refuse its neighbours: find out whose fault it is.
        errors: list[StoreError | None] = []
        for line in lines:
            try:
                errors += self._judged(program, [line], head, patience)
            except DesignError as error:
                errors.append(error)
        return errors

    def _judged(
        self, program: Program, lines: Sequence[str], head: str, patience: Patience
    ) -> list[StoreError | None]:
        with patience.tried() as limit:
            answers = self._pool.run(program, "validate", lines, head, limit)
        return [answer_error(line) for line in answers]


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
    failed, thrown = answer.get("failed"), answer.get("thrown")
    if isinstance(failed, list) and len(failed) == 2:
        return FunctionError(as_text(failed[0]), as_text(failed[1]))
    if isinstance(thrown, dict) and "forbidden" in thrown:
        return Forbidden(as_text(thrown["forbidden"]))
    if isinstance(thrown, dict) and "unauthorized" in thrown:
        return Unauthorized(as_text(thrown["unauthorized"]))
    return FunctionError("unknown_error", as_text(thrown))


def as_text(message: Json) -> str:
    return message if isinstance(message, str) else json.dumps(message, ensure_ascii=False)

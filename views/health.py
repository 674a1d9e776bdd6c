"""`/health`: whether the office can be read, for those who watch over it. Tells nothing else."""

from flask import Blueprint, Response, jsonify

from views.shell import shell

blueprint = Blueprint("health", __name__)


@blueprint.get("/health")
def health() -> Response:
    """`{"status": "ok"}` when the store answers; else the error of the store."""
    shell().office.directory.people(fresh=True)
    return jsonify({"status": "ok"})

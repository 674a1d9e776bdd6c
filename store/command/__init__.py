"""`divan store …`: looking after the embedded store of a data directory, and serving it.

One command a file. What is not of the store (people, mail, agents) has its commands elsewhere.
"""

import click

from store.command.backup import backup
from store.command.check import check
from store.command.compact import compact
from store.command.copy import copy
from store.command.info import info
from store.command.replicate import replicate
from store.command.restore import restore
from store.command.serve import serve


@click.group()
def store() -> None:
    """Look after the store of the data directory."""


for command in (info, check, backup, restore, compact, copy, replicate, serve):
    store.add_command(command)

"""`divan agents`: run the modules' agents without the shell, and see how they are doing."""

from pathlib import Path

import click

from plugin.runtime.agents.runner import AgentRunner
from plugin.runtime.commands.output import as_json_option, print_facts
from plugin.runtime.errors import BadInput
from plugin.runtime.office import Office
from store.cancel import told_to_stop


@click.group()
def agents() -> None:
    """The agents of the modules: what they do when something changes, or at a time."""


@agents.command()
@click.option("--once", is_flag=True, help="Do what there is to do now, then end.")
@as_json_option
@click.pass_obj
def run(data: Path, once: bool, as_json: bool) -> None:
    """Run all agents until stopped (Ctrl-C or SIGTERM), or once.

    Not needed beside `divan serve`, which does the same. A second one waits until the first ends.
    """
    with Office.open(data) as office:
        if office.kind != "office":
            raise BadInput("This is a laptop's replica. Agents run at the office.")
        runner = AgentRunner(office)
        if once:
            runs = _run_once(runner)
            print_facts({"runs": runs}, f"runs: {runs}", as_json)
        else:
            _run_until_stopped(runner)


@agents.command()
@as_json_option
@click.pass_obj
def status(data: Path, as_json: bool) -> None:
    """Show for each agent what waits to be tried again, and what failed last."""
    with Office.open(data) as office:
        facts = AgentRunner(office).status()
    lines = []
    for name, state in facts.items():
        lines.append(f"{name}: {len(state['retry'])} to be tried again")
        lines += [f"  {one['at']}  {one['id']}: {one['error']}" for one in state["log"][-3:]]
    print_facts(facts, "\n".join(lines), as_json)


def _run_once(runner: AgentRunner) -> int:
    if not runner.lease.acquire_or_see():
        raise BadInput(
            "Agents run already ({holder}). They do what there is to do.",
            holder=str(runner.lease.current()),
        )
    try:
        return runner.run_once()
    finally:
        runner.lease.release()


def _run_until_stopped(runner: AgentRunner) -> None:
    stop = told_to_stop()
    runner.start()
    click.echo("The agents are running. Stop them with Ctrl-C.", err=True)
    try:
        stop.wait()
    finally:
        runner.stop()

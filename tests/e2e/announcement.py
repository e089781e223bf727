"""What is said before anything is done: to which cluster, on which nodes, what is made, and what becomes of it."""

from e2e.access import Access
from e2e.installation import title
from e2e.nodes import Choice, nature_of
from e2e.report import NATURES
from e2e.run import Plan, title_of


def announce(access: Access, choice: Choice, plan: Plan) -> str:
    """Return the announcement; it is for the person at the terminal, so names and addresses are in it."""
    where = f"context {access.context}: cluster {access.cluster_name}, {access.server}, Kubernetes {access.version}"
    nodes = [f"{node.name} ({node.facts['osImage']} {node.facts['kernelVersion']})" for node in choice.used]
    made = [f"Namespace {plan.stage.namespace}, which admits privileged pods", *map(title, plan.site.missing)]
    if not plan.installed:
        made.append("a token of the operator's ServiceAccount, for an operator that runs on this machine (4 hours)")
    end = "Everything is left in the cluster (--keep)." if plan.keep else "All of it is removed at the end."
    parts = (
        ("The acceptance of hostprocess-operator is going to run on", [where]),
        (
            f"with {len(nodes)} of {choice.total} Windows nodes, which are {NATURES[nature_of(choice.used)].title}",
            nodes,
        ),
        ("without", [f"{name}: {reason}" for name, reason in choice.passed_over]),
        ("It makes", made),
        ("and in that namespace agents, one after the other, to see that", map(title_of, plan.scenarios.values())),
    )
    said = [f"{head}:\n" + "\n".join(f"  {line}" for line in lines) for head, lines in parts if lines]
    return "\n".join([*said, _agents(plan), end])


def _agents(plan: Plan) -> str:
    return (
        "The agents are host processes: PowerShell of the node, as SYSTEM or LocalService, that prints or sleeps."
        f"\nNodes pull {plan.stage.image} and {plan.stage.other_image}. Nothing that is there already is changed."
    )

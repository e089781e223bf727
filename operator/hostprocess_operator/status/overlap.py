"""What is said of agents that are in each other's way: nothing is blocked, and both are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hostprocess_operator.api.agent import HostProcessAgent
from hostprocess_operator.api.faults import Fault
from hostprocess_operator.diagnosis.overlap import claims_of, in_common, program_of
from hostprocess_operator.diagnosis.words import NAMED, names, on_nodes
from hostprocess_operator.rollout.placement import selects, untolerated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hostprocess_operator.observed import Claims, Neighbour, Node, Placement
    from hostprocess_operator.status.facts import Facts


@dataclass(frozen=True, slots=True)
class Overlap:
    """What an agent shares with one neighbour, and the nodes that both go to."""

    other: Neighbour
    shared: Claims
    nodes: tuple[str, ...]


def overlapping(facts: Facts) -> tuple[Fault, str] | None:
    """Return the worst that other agents on the same nodes are in the way of, and who they are; None if nothing is."""
    agent, neighbours = facts.agent, facts.plan.situation.seen.neighbours
    if not neighbours or not isinstance(agent, HostProcessAgent):
        return None
    mine = claims_of(agent)
    by_port, by_program = _overlaps(facts, mine, neighbours)
    sentences = []
    for each in by_port[:NAMED]:
        ports = names(str(port) for port in each.shared.ports)
        sentences.append(f"{each.other} claims host port {ports} too, on {on_nodes(each.nodes)}.")
    sentences += ["Others claim it as well."] if len(by_port) > NAMED else []
    for each in by_program[:NAMED]:
        same = [c.name for c in agent.spec.containers if program_of(c) in each.shared.programs]
        what = f"container{'' if len(same) == 1 else 's'} {names(same)}"
        sentences.append(f"{each.other} runs the same image and command as {what}, on {on_nodes(each.nodes)}.")
    sentences += ["Others run it as well."] if len(by_program) > NAMED else []
    faults = [Fault.HOST_PORT_CLAIMED_TWICE] if by_port else []
    faults += [Fault.SAME_AGENT_TWICE] if by_program else []
    return (faults[0], " ".join([*sentences, *(fault.remedy for fault in faults)])) if faults else None


def _overlaps(
    facts: Facts, mine: Claims, neighbours: Sequence[Neighbour]
) -> tuple[Sequence[Overlap], Sequence[Overlap]]:
    """Return who shares ports and who shares programs on a node; of each, no more than it takes to say "and others"."""
    by_port: list[Overlap] = []
    by_program: list[Overlap] = []
    wanted = [state.node for state in facts.plan.situation.fleet.wanted]
    labels = {item for node in wanted for item in node.labels.items()}
    for other in neighbours:
        shared = in_common(mine, other.claims)
        lists = [found for found, has in ((by_port, shared.ports), (by_program, shared.programs)) if has]
        lists = [found for found in lists if len(found) <= NAMED]
        # most that run the same go elsewhere, which their nodeSelector tells without a look at each node
        near = lists and other.placement.node_selector.items() <= labels
        nodes = tuple(_nodes_of_both(wanted, other.placement)) if near else ()
        if nodes:
            for found in lists:
                found.append(Overlap(other, shared, nodes))
    return by_port, by_program


def _nodes_of_both(wanted: Iterable[Node], theirs: Placement) -> Iterator[str]:
    for node in wanted:
        if selects(theirs, node) and not untolerated(theirs, node):
            yield node.name

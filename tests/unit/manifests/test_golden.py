"""Golden pairs: what is made for an agent, to the letter. `make golden` writes them anew, for review in the diff."""

import os

import yaml

HEADER = """\
# Made for the agent of the same file name: not edited, but rewritten with `make golden`.
# yamllint disable rule:line-length
"""


class Dumper(yaml.SafeDumper):
    """Writes lists as people write them: indented."""

    def increase_indent(self, flow=False, indentless=False):  # noqa: FBT002  the signature is PyYAML's
        return super().increase_indent(flow, indentless=False)


def test_daemonset(daemonset, golden):
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(HEADER + yaml.dump(daemonset, Dumper=Dumper, sort_keys=False, width=110))
    assert daemonset == yaml.safe_load(golden.read_text())


def test_every_daemonset_has_its_agent(data):
    agents, daemonsets = ({path.name for path in (data / kind).iterdir()} for kind in ("agents", "daemonsets"))
    assert daemonsets == agents

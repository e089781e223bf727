"""A PowerShell grammar for the tests of what runs on Windows."""

import pytest
import tree_sitter_powershell
from tree_sitter import Language, Parser


class PowerShell:
    """Syntax trees of PowerShell text."""

    def __init__(self):
        self._parser = Parser(Language(tree_sitter_powershell.language()))

    def nodes(self, script):
        pending = [self._parser.parse(script.encode()).root_node]
        while pending:
            node = pending.pop()
            yield node
            pending.extend(node.children)

    def faults(self, script):
        """Return where the script does not follow the grammar."""
        return [str(node) for node in self.nodes(script) if node.is_error or node.is_missing]

    def commands(self, script):
        """Return the commands that the script calls: cmdlets and programs."""
        return {node.text.decode() for node in self.nodes(script) if node.type == "command_name"}


@pytest.fixture(scope="session")
def powershell():
    return PowerShell()

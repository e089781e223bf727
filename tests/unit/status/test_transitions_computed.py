"""What has happened between statuses as they are computed."""

from dataclasses import replace
from datetime import timedelta

from hostprocess_operator.status import transitions
from hostprocess_operator.status.occurrence import Related
from support import build
from support.build import DAY, MINUTE, NOW


class TestInstallation:
    """An agent from its first status on."""

    asked = build.agent()
    nodes = build.nodes("a", "b", "c", age=9 * DAY)

    def status(self, status_of, *pods, age=timedelta(0), before=None, **noted):
        record = build.record(self.asked, wanted=build.target(self.asked, age=MINUTE), **noted)
        seen = build.scene(self.asked, nodes=self.nodes, pods=pods, written_as=record)
        return status_of(self.asked, replace(seen, status=before), now=NOW - age)

    def test_an_installation(self, status_of):
        first = self.status(status_of, age=MINUTE)
        starting = self.status(status_of, *(build.starting_pod(name) for name in "abc"), before=first)
        done = self.status(status_of, *build.pods("a", "b", "c", age=MINUTE), before=starting)
        told = [transitions(*pair) for pair in ((None, first), (first, starting), (starting, done), (done, done))]
        assert [[occurrence.reason for occurrence in each] for each in told] == [
            ["RolloutStarted"],
            [],
            ["AdminRightsVerified", "RolloutCompleted"],
            [],
        ]

    def test_an_installation_that_is_denied_on_one_node(self, status_of):
        first = self.status(status_of, age=MINUTE)
        denied = self.status(status_of, *build.pods("a", "b"), build.denied_pod("c"), before=first)
        (told,) = transitions(first, denied)
        assert (told.reason, told.type, told.related) == ("AdminRightsDenied", "Warning", Related("Node", "c"))
        assert told.note.startswith("On node c: The pod has no administrator rights.")

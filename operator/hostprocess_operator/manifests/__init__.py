"""Desired state: from an agent to its DaemonSet, as plain dicts in API spelling and in the order of a manifest.

Pure: nothing here talks to the API server, reads a clock or changes its input. Defaults of the API server are not
written out; writing the result twice changes nothing.
"""

from hostprocess_operator.manifests.copies import build_copy
from hostprocess_operator.manifests.daemonset import (
    build_daemonset,
    daemonset_annotations,
    daemonset_labels,
    daemonset_spec,
    owner_reference,
    spec_stamp,
)
from hostprocess_operator.manifests.placement import placement_of, placement_of_template
from hostprocess_operator.manifests.template import pod_template, shape_hash, with_placement

__all__ = [
    "build_copy",
    "build_daemonset",
    "daemonset_annotations",
    "daemonset_labels",
    "daemonset_spec",
    "owner_reference",
    "placement_of",
    "placement_of_template",
    "pod_template",
    "shape_hash",
    "spec_stamp",
    "with_placement",
]

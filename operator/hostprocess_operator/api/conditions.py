"""Condition types: the questions that the status of a HostProcessAgent answers. No other type is ever written."""

from __future__ import annotations

from hostprocess_operator.api.vocabulary import Documented


class ConditionType(Documented):
    """The conditions of a HostProcessAgent."""

    READY = "Ready", "The agent is valid, applied, rolled out, available and verified on every node that counts."
    RECONCILING = "Reconciling", "Present only while True: the operator is getting there by itself."
    STALLED = "Stalled", "Present only while True: a person must act before it can go on."
    VALID = "Valid", "The spec obeys every rule; if False the message lists every error with its path."
    ROLLED_OUT = "RolledOut", "The spec's revision has once worked on every node that counted."
    ADMIN_RIGHTS_VERIFIED = "AdminRightsVerified", "The current run on every node reported the rights asked for."
    OVERLAPPING = "Overlapping", "Present only while True: another agent claims the same thing on the same nodes."

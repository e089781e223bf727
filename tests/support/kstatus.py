"""What Flux, Helm and `kubectl wait` make of a resource's status: the generic rules of cli-utils' kstatus."""

CURRENT, IN_PROGRESS, FAILED, TERMINATING = "Current", "InProgress", "Failed", "Terminating"


def kstatus(generation, status, *, deleting=False):
    """Return the verdict on a status, a dict in API spelling, of a resource whose spec has that generation.

    The first of Reconciling and Stalled in the list that is True decides; without either Ready does, and a resource
    without Ready is taken for current.
    """
    if deleting:
        return TERMINATING
    if status.get("observedGeneration", generation) != generation:
        return IN_PROGRESS
    conditions = status.get("conditions", ())
    for condition in conditions:
        if condition["status"] == "True" and condition["type"] in {"Reconciling", "Stalled"}:
            return IN_PROGRESS if condition["type"] == "Reconciling" else FAILED
    ready = next((condition["status"] for condition in conditions if condition["type"] == "Ready"), "True")
    return CURRENT if ready == "True" else IN_PROGRESS

"""What Flux, Helm and `kubectl wait` make of a resource's status: the generic rules of cli-utils' kstatus."""

CURRENT, IN_PROGRESS, FAILED = "Current", "InProgress", "Failed"


def kstatus(generation, status):
    """Return the verdict on a status, a dict in API spelling, of a resource whose spec has that generation."""
    if status.get("observedGeneration", generation) != generation:
        return IN_PROGRESS
    conditions = {entry["type"]: entry["status"] for entry in status.get("conditions", ())}
    if conditions.get("Reconciling") == "True":
        return IN_PROGRESS
    if conditions.get("Stalled") == "True":
        return FAILED
    return IN_PROGRESS if conditions.get("Ready", "True") != "True" else CURRENT

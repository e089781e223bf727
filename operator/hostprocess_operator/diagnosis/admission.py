"""Why the API server admits no pod of the agent.

That is read from the DaemonSet's `FailedCreate` events, and before anything is tried from the namespace's Pod Security
label. The words are those of Kubernetes' admission plugins. A webhook's or policy's own text may hold anything, also
the words of another row, so of all rows that match the one whose words come first is taken.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hostprocess_operator.api.faults import Fault
from hostprocess_operator.diagnosis.finding import Finding, found
from hostprocess_operator.diagnosis.pod_events import newest_first
from hostprocess_operator.diagnosis.quoting import in_words, name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hostprocess_operator.observed import Event, Namespace

_PRIVILEGED: Final = "privileged"
_LEVELS: Final = frozenset({_PRIVILEGED, "baseline", "restricted"})
_WINDOW: Final = 8192

_LEADING: Final = re.compile(
    r'^(?:Error creating: |(?:pods|Pod) "[^"]{0,253}" is (?:forbidden|invalid): |Internal error occurred: )'
)


def foresee_refusal(namespace: Namespace | None) -> Finding | None:
    """Return that the namespace's Pod Security label admits no host process, None when it does or has none.

    Without a label the cluster's default holds, of which only the events of a refused pod tell.
    """
    if namespace is None or namespace.enforce in {"", _PRIVILEGED}:
        return None
    level = name(namespace.enforce)
    unknown = "" if level in _LEVELS else ", which is no level and counts as restricted"
    return _pod_security(
        namespace.name, f"its label pod-security.kubernetes.io/enforce is {level}{unknown}, not privileged"
    )


def diagnose_refusal(events: Sequence[Event], namespace_name: str, namespace: Namespace | None) -> Finding | None:
    """Return why the API server refused the last pod of a DaemonSet, None when it refused none, or has made one since.

    Args:
        events: those about the DaemonSet.
        namespace_name: where it is.
        namespace: that namespace, None while it is not known.
    """
    said = newest_first([event for event in events if event.reason in {"FailedCreate", "SuccessfulCreate"}])
    if not said:
        return None
    latest = [event for event in said if event.last == said[0].last and event.reason == "FailedCreate"]
    if not latest:
        return None
    finding = _refusal(_without_leading(latest[0].message), namespace_name)
    is_cured = namespace is not None and namespace.enforce == _PRIVILEGED
    return None if is_cured and finding.reason is Fault.POD_SECURITY_REJECTED else finding


def _refusal(words: str, namespace: str) -> Finding:
    matches = [(match.start(), number) for number, (pattern, _) in enumerate(_ROWS) if (match := pattern.search(words))]
    if matches:
        pattern, answer = _ROWS[min(matches)[1]]
        if (match := pattern.search(words)) is not None:
            return answer(match, namespace)
    return found(
        Fault.ADMISSION_REJECTED,
        f"The API server does not admit the agent's pods{in_words(words)}.",
        "Change what it names, in the spec or in the cluster; "
        f"`kubectl events -n {namespace} --types=Warning` shows it all.",
    )


def _without_leading(words: str) -> str:
    rest = words[:_WINDOW]
    while match := _LEADING.match(rest):
        rest = rest[match.end() :]
    return rest


def _pod_security(namespace: str, cause: str) -> Finding:
    return found(
        Fault.POD_SECURITY_REJECTED,
        f"The namespace {namespace} does not admit host processes: {cause}.",
        f"Label it: `kubectl label namespace {namespace} pod-security.kubernetes.io/enforce=privileged --overwrite`.",
    )


def _violates_pod_security(match: re.Match[str], namespace: str) -> Finding:
    return _pod_security(namespace, f'Pod Security "{name(match[1])}" is violated{in_words(match[2])}')


def _policy(match: re.Match[str], namespace: str) -> Finding:
    del namespace
    which = name(match[1])
    return found(
        Fault.POLICY_DENIED,
        f"The ValidatingAdmissionPolicy {which} refuses the agent's pods{in_words(match[2])}.",
        f"Ask who owns it for an exception: `kubectl get validatingadmissionpolicy {which} -o yaml`.",
    )


def _webhook(match: re.Match[str], namespace: str) -> Finding:
    return found(
        Fault.WEBHOOK_DENIED,
        f"The admission webhook {name(match[1])} refuses the agent's pods{in_words(match[2] or '')}.",
        f"Ask who runs it for an exception for the namespace {namespace}: "
        "`kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations`.",
    )


def _webhook_is_silent(match: re.Match[str], namespace: str) -> Finding:
    del namespace
    return found(
        Fault.WEBHOOK_UNAVAILABLE,
        f"The admission webhook {name(match[1])} has to be asked and does not answer{in_words(match[2])}.",
        "Repair it, or the network to it: `kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations`.",
    )


def _quota(match: re.Match[str], namespace: str) -> Finding:
    which = name(match[1])
    return found(
        Fault.QUOTA_EXCEEDED,
        f"The ResourceQuota {which} of namespace {namespace} is used up{in_words(match[2])}.",
        f"Raise it: `kubectl edit resourcequota {which} -n {namespace}`.",
    )


def _no_quota(match: re.Match[str], namespace: str) -> Finding:
    return found(
        Fault.QUOTA_EXCEEDED,
        f"No ResourceQuota of namespace {namespace} allows the agent's pods{in_words(match[0])}.",
        f"Add one that does, or correct spec.priorityClassName: `kubectl get resourcequota -n {namespace}`.",
    )


def _quota_demands(match: re.Match[str], namespace: str) -> Finding:
    return found(
        Fault.ADMISSION_REJECTED,
        f"The ResourceQuota {name(match[1])} of namespace {namespace} demands figures: {name(match[2])}.",
        "Set resources.requests and resources.limits of every container in the spec.",
    )


def _priority_class(match: re.Match[str], namespace: str) -> Finding:
    del namespace
    return found(
        Fault.PRIORITY_CLASS_MISSING,
        f"The PriorityClass {name(match[1])} does not exist.",
        "Create it, or correct spec.priorityClassName: `kubectl get priorityclasses`.",
    )


def _service_account(match: re.Match[str], namespace: str) -> Finding:
    which = name(match[1])
    return found(
        Fault.SERVICE_ACCOUNT_MISSING,
        f"The ServiceAccount {which} does not exist in namespace {namespace}.",
        f"Correct spec.serviceAccountName, or create it: `kubectl create serviceaccount {which} -n {namespace}`.",
    )


def _not_privileged(match: re.Match[str], namespace: str) -> Finding:
    del match, namespace
    return found(
        Fault.ALLOW_PRIVILEGED_DISABLED,
        "The API server forbids host processes: it runs with --allow-privileged=false.",
    )


def _namespace_ends(match: re.Match[str], namespace: str) -> Finding:
    del match
    return found(
        Fault.ADMISSION_REJECTED,
        f"The namespace {namespace} is being deleted, so no pod is made there.",
        "Create the agent in another namespace.",
    )


_ROWS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str], str], Finding]], ...]] = (
    (re.compile(r'violates PodSecurity "([^"]{1,100})": (.*)', re.DOTALL), _violates_pod_security),
    (
        re.compile(
            r"ValidatingAdmissionPolicy '([^']{1,253})'(?: with binding '[^']{0,253}')? denied request: (.*)",
            re.DOTALL,
        ),
        _policy,
    ),
    (re.compile(r'admission webhook "([^"]{1,253})" denied the request(?:: (.*))?', re.DOTALL), _webhook),
    (re.compile(r'failed calling webhook "([^"]{1,253})"[:;] (.*)', re.DOTALL), _webhook_is_silent),
    (re.compile(r"exceeded quota: ([^\s,]{1,253}), (.*)", re.DOTALL), _quota),
    (re.compile(r"insufficient quota to (?:consume|match)[^\n]*"), _no_quota),
    (re.compile(r"failed quota: ([^\s:]{1,253}): (must specify [^\n]{1,2000})"), _quota_demands),
    (re.compile(r"no PriorityClass with name (\S{1,253}) was found"), _priority_class),
    (
        re.compile(r'error looking up service account [^\s/]{1,63}/([^\s:]{1,253}): serviceaccounts? "'),
        _service_account,
    ),
    (re.compile(r"hostProcess containers are disallowed by cluster policy"), _not_privileged),
    (re.compile(r"because it is being terminated|namespace \S{1,63} is being terminated"), _namespace_ends),
)

"""A Kubernetes operator that runs privileged agents on Windows nodes and proves their administrator rights.

Data flows one way, and a package imports only what stands below it:

    __main__        composition root: settings, logging, connection, then the operator until a signal
    controller      the loop: queue, reconcile, kopf, health, metrics
    cluster         the I/O shell: connection, reflectors, writes, log reads; beside it `config` and `log`
    status          observed objects -> the status that users read                          pure from here on
    rollout         which revision to serve, which pods to replace now
    manifests       agent -> DaemonSet; beside it `diagnosis`: why an agent does not run somewhere
    verification    the probe's command line, the log parser, the verdict
    observed        objects of the API server -> slim values
    api, errors     the contract: models, rules, conditions, CRD
"""

"""The contract: the models of a HostProcessAgent, its rules, its conditions, and its CRD.

Pure: no I/O, no clock, no logging, no Kubernetes client. Everything else depends on this package; it depends
only on `errors`.
"""

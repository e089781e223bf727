"""The I/O shell: everything that is said to the API server and heard from it.

Only this package imports the Kubernetes client. It decides nothing: it keeps caches that equal the cluster, carries
out single writes, reads logs, and turns every failure into one of the errors of `errors`.
"""

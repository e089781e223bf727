"""The loop: which agent is looked at next, what one look does, and what feeds it.

`reconcile` is the one sentence that everything else serves. Nothing is remembered here that a restart could not
find again in the API server.
"""

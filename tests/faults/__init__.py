"""Faults between the operator and the API server, and what must hold under every one of them.

`proxy` stands between the two and does what `rules` say. `scenarios` is the table of what users and clusters do,
`oracles` says what a run ended with, `crashes` kills the operator at each of its writes, `matrix` compares the operator
with a plain one of kopf's under each fault and writes docs/resilience.md.
"""

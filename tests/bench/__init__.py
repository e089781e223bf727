"""Measures the operator: ``make bench``, and the long runs ``make transitions``, ``make fuzz`` and ``make soak``.

__main__      the whole benchmark: figures in, a table, ``build/bench.json`` and ``docs/performance.md`` out
goals         what each figure is held against
figures       a figure, and what becomes of it in a table
usage         what the kernel says of a process: CPU, memory, file descriptors, threads
subjects      the processes that are measured: the operator, and a plain kopf operator beside it
plain_kopf    that plain operator, in the usual style
standin       an API server in memory, for fleets that no machine like this one could simulate
served        what it serves, and how an API server answers
patches       the patches that it applies
generated     the nodes and pods that it serves
transitions   edits of a HostProcessAgent made from its own schema, against the real control plane
fuzz          texts that no component would print, against everything that reads texts
soak          half an hour of churn, and what grows meanwhile
"""

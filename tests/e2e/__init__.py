"""The acceptance on a real cluster with Windows nodes: `python -m e2e --kubeconfig FILE`.

It is somebody's cluster: everything is said before it is done, everything that was made carries the mark of the run,
and only what carries it is removed again.

    __main__      the command line, what is said beforehand, and the question
    access        a way into the cluster: one context, frozen
    nodes         which Windows nodes take part, and whether they are real
    installation  what the operator needs in the cluster: found, made, removed
    trial         one agent under trial, with the patience that Windows images need
    scenarios     what must be seen
    run           scenario after scenario, and the removal on every way out
    evidence      what is kept of a scenario that failed
    redaction     names and addresses taken out of a text
    report        what was seen, as Markdown and JSON
"""

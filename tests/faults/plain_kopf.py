"""A minimal operator of the usual kopf style, with kopf's own defaults: what ours is compared with.

Its only setting is a shorter `error_backoffs`: kopf gives up after 54 s of an error by default, here after four.
Run as `python -m faults.plain_kopf NAMESPACE`, with KUBECONFIG in the environment; it prints `handled NAME GENERATION`.
"""

import sys

import kopf

BACKOFFS = (1, 1, 2)


@kopf.on.startup()
def configure(settings, **_):
    """Shorten how long kopf bears an error."""
    settings.networking.error_backoffs = BACKOFFS


@kopf.on.login()
def log_in(settings, **_):
    """Log in as the kubeconfig says now."""
    return kopf.login_with_kubeconfig(settings=settings)


@kopf.on.resume("hostprocess.dev", "v1alpha1", "hostprocessagents")
@kopf.on.create("hostprocess.dev", "v1alpha1", "hostprocessagents")
@kopf.on.update("hostprocess.dev", "v1alpha1", "hostprocessagents", field="spec")
def handle(name, meta, **_):
    """Say which spec was handled."""
    sys.stdout.write(f"handled {name} {meta['generation']}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    kopf.run(standalone=True, namespaces=[sys.argv[1]])

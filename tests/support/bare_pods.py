"""Pods that belong to nobody, and are made and gone at once."""

from hostprocess_operator.cluster import paths


def make_pod(cluster, namespace, name, **metadata):
    body = {"metadata": {"name": name, **metadata}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    return cluster.api.request("POST", paths.pods(namespace), body)


def drop_pod(cluster, namespace, name):
    cluster.delete("pod", name, namespace, grace_seconds=0, wait=0)

"""The patches that the stand-in can apply: the operations of a JSON Patch, one by one, and merge patches."""


def set_value(body, path, value):
    """Set what a JSON pointer leads to; None takes it away."""
    *parents, last = (part.replace("~1", "/").replace("~0", "~") for part in path.strip("/").split("/"))
    for parent in parents:
        body = body[int(parent)] if isinstance(body, list) else body.setdefault(parent, {})
    if isinstance(body, list):
        body[len(body) if last == "-" else int(last) :] = [] if value is None else [value]
    else:
        merge(body, {last: value}) if value is None else body.update({last: value})


def merge(body, patch):
    """Merge a patch into an object; None takes a field away."""
    for key, value in patch.items():
        if value is None:
            body.pop(key, None)
        elif isinstance(value, dict) and isinstance(body.get(key), dict):
            merge(body[key], value)
        else:
            body[key] = value

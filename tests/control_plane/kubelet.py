"""The log endpoint of every simulated node: one HTTPS server, asked by the API server, never by a test.

It answers as the kubelet does, from the pod's status, and prints what ``container_log`` says. It runs as a process of
the control plane: ``python -m control_plane.kubelet``.
"""

import argparse
import asyncio
import datetime as dt
import ipaddress
import json
import logging
import ssl
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, TCPConnector, web

from control_plane.container_log import printed_lines, word_for

SLOW_SECONDS = 30
UTC = dt.UTC
_client = web.AppKey("client", ClientSession)


async def container_logs(request: web.Request) -> web.StreamResponse:
    """Answer ``/containerLogs/NAMESPACE/POD/CONTAINER``."""
    namespace, name, container = (request.match_info[part] for part in ("namespace", "pod", "container"))
    pod = await _read(request, f"namespaces/{namespace}/pods/{name}")
    if pod is None:
        raise web.HTTPNotFound(text=f'pod "{name}" does not exist')
    node = await _read(request, f"nodes/{pod['spec']['nodeName']}")
    if not node or node["metadata"]["labels"].get("sim.hostprocess.dev/down") == "true":
        return _hang_up(request)
    try:
        started, run, container_id = find_run(pod, container, previous=request.query.get("previous") == "true")
    except LookupError as error:
        raise web.HTTPBadRequest(text=str(error.args[0])) from None
    match word_for(pod, container, run):
        case "missing":
            raise web.HTTPNotFound(text="the container's log file does not exist")
        case "500":
            raise web.HTTPInternalServerError(text="the kubelet failed")
        case "gone":
            return web.Response(text=f"unable to retrieve container logs for {container_id}")
        case "slow":
            await asyncio.sleep(SLOW_SECONDS)
    lines = timed_lines(printed_lines(pod, container, run), started)
    response = web.StreamResponse(headers={"Content-Type": "text/plain"})
    await response.prepare(request)
    await response.write(select(lines, request.query, dt.datetime.now(UTC)))
    if request.query.get("follow") == "true":
        await _until_run_ends(request, f"namespaces/{namespace}/pods/{name}", container, container_id)
    return response


def find_run(pod: Mapping[str, Any], container: str, *, previous: bool) -> tuple[dt.datetime, int, str]:
    """Return start, number and container ID of the run whose log the kubelet would read.

    Raises:
        LookupError: there is none; its argument is the kubelet's explanation.
    """
    status = _status_of(pod, container)
    name = pod["metadata"]["name"]
    if status is None:
        raise LookupError(f'container "{container}" in pod "{name}" is not available')
    state, last = status["state"], status.get("lastState", {}).get("terminated")
    current = state.get("running") or state.get("terminated")
    if previous and not last:
        raise LookupError(f'previous terminated container "{container}" in pod "{name}" not found')
    if current and not previous:
        return _time(current["startedAt"]), status["restartCount"], status["containerID"]
    if last:  # a container that backs off still has the log of its last run
        was_restarted = bool(current) or last["containerID"] != status.get("containerID")
        return _time(last["startedAt"]), status["restartCount"] - was_restarted, last["containerID"]
    reason = state["waiting"].get("reason")
    known = {"ErrImagePull": "image can't be pulled", "ImagePullBackOff": "trying and failing to pull image"}
    raise LookupError(f'container "{container}" in pod "{name}" is waiting to start: {known.get(reason, reason)}')


def timed_lines(lines: list[bytes], started: dt.datetime) -> list[tuple[dt.datetime, bytes]]:
    """Say when each line was printed: a millisecond after the one before."""
    return [(started + dt.timedelta(milliseconds=at), line) for at, line in enumerate(lines)]


def select(lines: list[tuple[dt.datetime, bytes]], query: Mapping[str, str], now: dt.datetime) -> bytes:
    """Return the part of a log that ``sinceTime``, ``sinceSeconds``, ``tailLines`` and ``limitBytes`` ask for."""
    if since := query.get("sinceTime"):
        lines = [(time, line) for time, line in lines if time >= _time(since)]
    if seconds := query.get("sinceSeconds"):
        earliest = now - dt.timedelta(seconds=int(seconds))
        lines = [(time, line) for time, line in lines if time >= earliest]
    if tail := query.get("tailLines"):
        lines = lines[-int(tail) :] if int(tail) else []
    stamped = query.get("timestamps") == "true"
    text = b"".join((_stamp(time) if stamped else b"") + line + b"\r\n" for time, line in lines)
    limit = query.get("limitBytes")
    return text[: int(limit)] if limit else text


def _stamp(time: dt.datetime) -> bytes:
    return time.strftime("%Y-%m-%dT%H:%M:%S.%f000Z ").encode()


def _time(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).astimezone(UTC)


def _status_of(pod: Mapping[str, Any], container: str) -> Any:
    kinds = ("initContainerStatuses", "containerStatuses")
    statuses = [status for kind in kinds for status in pod["status"].get(kind) or []]
    return next((status for status in statuses if status["name"] == container), None)


async def _read(request: web.Request, path: str) -> Any:
    async with request.app[_client].get(f"/api/v1/{path}") as answer:
        if answer.status == web.HTTPNotFound.status_code:
            return None
        answer.raise_for_status()
        return await answer.json()


def _hang_up(request: web.Request) -> web.Response:
    assert request.transport
    request.transport.abort()
    return web.Response()


async def _until_run_ends(request: web.Request, path: str, container: str, container_id: str) -> None:
    """Keep a followed log open; a client that leaves cancels this."""
    while pod := await _read(request, path):
        status = _status_of(pod, container)
        if "running" not in status["state"] or status["containerID"] != container_id:
            return
        await asyncio.sleep(1)


@web.middleware
async def loopback_only(request: web.Request, handler: Any) -> web.StreamResponse:
    """Refuse whoever reached this machine by another address; the socket listens on all of them."""
    assert request.transport
    address = request.transport.get_extra_info("sockname")[0]
    if not ipaddress.ip_address(address).is_loopback:
        return _hang_up(request)
    answer: web.StreamResponse = await handler(request)
    return answer


def make_app(kubeconfig: Path) -> web.Application:
    """Return the application; it asks the API server of ``kubeconfig`` for pods."""
    config = json.loads(kubeconfig.read_text())
    cluster, token = config["clusters"][0]["cluster"], config["users"][0]["user"]["token"]

    async def client(app: web.Application) -> AsyncIterator[None]:
        trust = ssl.create_default_context(cafile=cluster["certificate-authority"])
        headers = {"Authorization": f"Bearer {token}"}
        async with ClientSession(cluster["server"], headers=headers, connector=TCPConnector(ssl=trust)) as session:
            app[_client] = session
            sys.stdout.write("listening\n")  # the plane waits for this line
            sys.stdout.flush()
            yield

    app = web.Application(middlewares=[loopback_only])
    app.router.add_get("/containerLogs/{namespace}/{pod}/{container}", container_logs)
    app.cleanup_ctx.append(client)
    return app


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="control_plane.kubelet")
    parser.add_argument("--port", type=int, required=True)
    for name in ("--certificate", "--key", "--kubeconfig"):
        parser.add_argument(name, type=Path, required=True)
    args = parser.parse_args()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(args.certificate, args.key)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")  # a line per request
    web.run_app(
        make_app(args.kubeconfig),
        host="0.0.0.0",  # noqa: S104 - see loopback_only
        port=args.port,
        ssl_context=tls,
        print=None,
        handler_cancellation=True,  # who follows a log and leaves ends the handler
        shutdown_timeout=0.1,  # nobody waits for a slow answer at the end
    )


if __name__ == "__main__":
    main()

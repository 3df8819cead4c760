"""A connection to a Ray cluster: to one that is running, or to one that is started here."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from agents.learner import AgentError

OLDEST_RAY = "2.45"  # the first one for every Python that this project runs on
CONNECT_TIMEOUT = 2.0  # seconds
ANSWER_TIMEOUT = 6.0  # seconds
STORE = 80 * 2**20  # bytes of Ray's object store, about its minimum: only messages are in it
QUIET: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_worker_niceness": "0",  # else workers hardly run where others use the cores as well
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",  # else `uv run` uploads the working directory
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",  # else it prints about each lost worker, too
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # else Ray warns that this will be its default
}
REHEARSAL = """
import sys, ray
ray.init(address=sys.argv[1], log_to_driver=False)
print(int(ray.cluster_resources().get("CPU", 0)))
"""
TODO_START = "start a cluster there (`ray start --head`), or leave --address out"
TODO_AUTH = "set RAY_AUTH_MODE=token, and copy the token of the cluster to this machine"
RAY_PREFIX = re.compile(r"^(\[[^]]*\]|\w+\.(cc|h):\d+:|[\w.]*(Error|Exception):|RPC error:|\s)+")


def check_ray(address: str) -> int | None:
    """Return the number of cores of the cluster at an address; None without an address.

    Raises AgentError where Ray is not installed, or no cluster answers within seconds.
    """
    _load_ray()
    if not address:
        return None
    if address != "auto":
        _check_open(address)
    return _answering_cores(address)


@contextlib.contextmanager
def ray_cluster(address: str, cores: int, on_note: Callable[[str], object]) -> Iterator[Any]:
    """Connect to the cluster at an address, and give the module `ray`; without an address, start a
    cluster with so many cores, which ends with the block.

    `on_note` is called with the place of Ray's logs. Raises AgentError where Ray cannot be used;
    `check_ray` comes first, since for some addresses Ray waits long, or ends the process.
    """
    ray = _load_ray()
    if address:
        options: dict[str, Any] = {"address": address}
    else:
        options = {"address": "local", "num_cpus": cores, "num_gpus": 0}
        options |= {"include_dashboard": False, "object_store_memory": STORE}
    try:
        with _signals_kept():
            session = ray.init(**options, **QUIET).address_info["session_dir"]
    except (ConnectionError, RuntimeError, ValueError, TimeoutError) as error:
        ray.shutdown()
        raise AgentError(f"Ray cannot be used: {_reason(str(error))}") from None
    try:
        on_note(f"Ray keeps the logs of its workers in {session}/logs on each node")
        yield ray
    finally:
        ray.shutdown()


def _load_ray() -> Any:
    """Return the module `ray`."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    try:
        return import_module("ray")
    except ImportError as error:
        what = f"--on ray needs Ray ({error})"
        raise AgentError(f'{what} - python -m pip install "ray>={OLDEST_RAY}"') from None


def _answering_cores(address: str) -> int:
    """Return the number of cores of the cluster at an address; a process of its own asks. Raises
    AgentError where none of this version of Ray answers within seconds."""
    try:
        asked = subprocess.run(
            [sys.executable, "-c", REHEARSAL, address],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=ANSWER_TIMEOUT,
        )
        if asked.returncode == 0:
            return int(asked.stdout.split()[-1])
        told = asked.stderr
    except subprocess.TimeoutExpired as late:
        told = late.stderr or b""
    reason, todo = _reason(told.decode(errors="replace")) or "no answer", TODO_START
    if b"Connected to Ray cluster" in told:
        reason = "this machine is not one of its nodes"
        todo = f"`ray start --address={address}` first"
    elif "auth" in reason.lower():
        todo = TODO_AUTH
    raise AgentError(f"--address {address}: no Ray cluster can be used there: {reason} - {todo}")


def _check_open(address: str) -> None:
    """Raise AgentError where nothing accepts a connection at HOST:PORT."""
    host, _, port = address.rpartition(":")
    if not host or "/" in host or not port.isdecimal() or int(port) > 65535:
        what = "is not an address - give HOST:PORT, as `ray start` prints it, or auto"
        raise AgentError(f"--address {address}: {what}")
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_TIMEOUT).close()
    except (OSError, UnicodeError) as error:
        what = f"nothing answers there ({getattr(error, 'strerror', None) or error})"
        raise AgentError(f"--address {address}: {what} - {TODO_START}") from None


def _reason(text: str) -> str:
    """Return the last line of what Ray wrote, without time and place."""
    lines = [line for line in text.splitlines() if line[:1].strip("^") and "\tINFO" not in line]
    return RAY_PREFIX.sub("", lines[-1]).strip().rstrip(".") if lines else ""


@contextlib.contextmanager
def _signals_kept() -> Iterator[None]:
    """Keep the handlers of signals, which Ray replaces; the processes that it starts in the block
    outlive a terminal that is closed: the sweep ends them once its runs are saved."""
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    handlers = {name: signal.getsignal(getattr(signal, name)) for name in names}
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        yield
    finally:
        for name, handler in handlers.items():
            signal.signal(getattr(signal, name), handler)

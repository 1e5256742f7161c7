"""The installed uvicorn still has all that entrypoints/server overrides or relies on (docs/adr/0016)."""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import pytest
import uvicorn
from uvicorn.protocols import utils
from uvicorn.protocols.http import flow_control, httptools_impl
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import Server, ServerState

from entrypoints.server.draining import DrainingServer
from entrypoints.server.joined_writes import JoinedWrites
from entrypoints.server.reading import GuardedProtocol
from entrypoints.server.worker_process import _SupervisedServer
from entrypoints.server.writing import WritingProtocol


@dataclass(frozen=True)
class Hook:
    """One thing of uvicorn that we override or rely on.

    ``member`` is an attribute that the class sets on itself, or a method with its parameters ("…": and others).
    ``uses`` is what the method must do, as we replace or extend it.
    """

    owner: type
    member: str
    needed_for: str
    uses: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.member.partition("(")[0]

    def complaint(self) -> str | None:
        """Why the hook does not hold; None: it holds."""
        wrong = self._wrong()
        what = f"{self.owner.__name__}.{self.member}"
        return wrong and f"uvicorn {uvicorn.__version__}: {what} {wrong}. entrypoints/server/{self.needed_for}."

    def _wrong(self) -> str | None:
        if "(" not in self.member:
            is_there = hasattr(self.owner, self.name) or self.name in assigned_in(self.owner)
            return None if is_there else "is gone"
        method = getattr(self.owner, self.name, None)
        if method is None:
            return "is gone"
        wanted = self.member.partition("(")[2].removesuffix(")").split(", ")
        found = list(inspect.signature(method).parameters)[1:]
        if wanted[-1] == "…":
            lost = [name for name in wanted[:-1] if name not in found]
            return f"no longer takes {', '.join(lost)}" if lost else None
        if found != [name for name in wanted if name]:
            return f"takes ({', '.join(found)})"
        lost = [expression for expression in self.uses if expression not in expressions_in(method)]
        return f"no longer uses {', '.join(lost)}" if lost else None


HOOKS = (
    # the protocol: one connection
    Hook(
        HttpToolsProtocol,
        "__init__(config, server_state, app_state, _loop)",
        "writing.py and reading.py add the state of the limits to a connection's",
        uses=("server_state.connections", "server_state.tasks", "httptools.HttpRequestParser"),
    ),
    Hook(HttpToolsProtocol, "config", "writing.py reads the access log's setting"),
    Hook(HttpToolsProtocol, "access_log", "writing.py turns the access log off"),
    Hook(HttpToolsProtocol, "loop", "writing.py and reading.py set their deadlines on it"),
    Hook(HttpToolsProtocol, "app", "reading.py puts a refusal in its place"),
    Hook(HttpToolsProtocol, "parser", "reading.py feeds it, and asks it for the version of HTTP"),
    Hook(HttpToolsProtocol, "connections", "reading.py compares all clients of the worker by it"),
    Hook(HttpToolsProtocol, "tasks", "reading.py counts the requests that are being answered by it"),
    Hook(HttpToolsProtocol, "transport", "writing.py replaces it, and ends the connection through it"),
    Hook(HttpToolsProtocol, "flow", "writing.py asks it whether the client has stopped reading"),
    Hook(HttpToolsProtocol, "pipeline", "writing.py takes from it and puts back: the newest request is the first"),
    Hook(HttpToolsProtocol, "cycle", "writing.py asks it how far the newest request has come"),
    Hook(HttpToolsProtocol, "url", "reading.py bounds the target"),
    Hook(HttpToolsProtocol, "headers", "reading.py bounds the header block, and keeps trailers apart"),
    Hook(
        HttpToolsProtocol,
        "app_state",
        "writing.py gives requests their connection by it, and reading.py knows the end by it",
    ),
    Hook(
        HttpToolsProtocol,
        "connection_made(transport)",
        "writing.py joins writes, and reading.py makes room for the connection",
        uses=("self.connections.add", "self.transport", "self.flow"),
    ),
    Hook(
        HttpToolsProtocol,
        "connection_lost(exc)",
        "writing.py and reading.py end the deadlines",
        uses=("self.connections.discard", "self.cycle.disconnected", "self.cycle.message_event.set"),
    ),
    Hook(
        HttpToolsProtocol,
        "data_received(data)",
        "reading.py replaces it whole, and so must do what it does",
        uses=("self._unset_keepalive_if_required", "self.parser.feed_data"),
    ),
    Hook(HttpToolsProtocol, "_unset_keepalive_if_required()", "reading.py ends the wait for the next request"),
    Hook(
        HttpToolsProtocol,
        "on_message_begin()",
        "reading.py refuses what is too far ahead of its responses",
        uses=("self.url", "self.headers", "self.scope", "self.app_state.copy"),
    ),
    Hook(HttpToolsProtocol, "on_url(url)", "reading.py bounds the target", uses=("self.url",)),
    Hook(HttpToolsProtocol, "on_header(name, value)", "reading.py keeps trailers apart", uses=("self.headers.append",)),
    Hook(
        HttpToolsProtocol,
        "on_headers_complete()",
        "reading.py refuses a request head",
        uses=(
            "self.app",
            "self.access_log",
            "self.on_response_complete",
            "self.pipeline.appendleft",
            "self._start_asgi_task",
        ),
    ),
    Hook(
        HttpToolsProtocol,
        "_start_asgi_task(cycle, app)",
        "writing.py begins no response while the client does not read",
        uses=("self.tasks.add", "self.tasks.discard", "cycle.run_asgi"),
    ),
    Hook(HttpToolsProtocol, "on_body(body)", "reading.py bounds the bodies", uses=("self.cycle.body",)),
    Hook(HttpToolsProtocol, "on_message_complete()", "reading.py bounds the trailers", uses=("self.cycle.more_body",)),
    Hook(
        HttpToolsProtocol,
        "on_response_complete()",
        "writing.py refuses after the responses that are due",
        uses=("self.pipeline.pop", "self._start_asgi_task", "self.timeout_keep_alive_handler"),
    ),
    Hook(HttpToolsProtocol, "timeout_keep_alive", "reading.py shortens it when the service ends"),
    Hook(
        HttpToolsProtocol,
        "shutdown()",
        "reading.py closes no connection on which something is under way",
        uses=("self.cycle.keep_alive",),
    ),
    Hook(HttpToolsProtocol, "timeout_keep_alive_handler()", "writing.py bounds the time that an end takes"),
    Hook(
        HttpToolsProtocol, "pause_writing()", "writing.py sets the reader's deadline", uses=("self.flow.pause_writing",)
    ),
    Hook(
        HttpToolsProtocol,
        "resume_writing()",
        "writing.py ends the reader's deadline",
        uses=("self.flow.resume_writing",),
    ),
    # one request
    Hook(
        RequestResponseCycle, "scope", "writing.py refuses a request in the form of the API to which its path belongs"
    ),
    Hook(RequestResponseCycle, "response_started", "writing.py can't refuse a request whose response has begun"),
    Hook(RequestResponseCycle, "response_complete", "writing.py waits for it before the next response"),
    Hook(RequestResponseCycle, "keep_alive", "writing.py closes the connection with the response"),
    Hook(RequestResponseCycle, "disconnected", "writing.py tells the application that the client has gone"),
    Hook(RequestResponseCycle, "message_event", "writing.py wakes an application that waits for the body"),
    Hook(
        RequestResponseCycle,
        "receive()",
        "writing.py ends an application that waits for the body",
        uses=("self.disconnected", "self.message_event.wait"),
    ),
    Hook(
        RequestResponseCycle,
        "send(message)",
        "writing.py begins the next response when one is complete",
        uses=("self.flow.write_paused", "self.on_response", "self.response_complete", "self.keep_alive"),
    ),
    Hook(FlowControl, "write_paused", "writing.py asks whether the client has stopped reading"),
    Hook(ServerState, "connections", "reading.py compares all clients of the worker by it"),
    Hook(ServerState, "tasks", "reading.py counts the requests that are being answered by it"),
    # the processes
    Hook(
        uvicorn.Config,
        "__init__(app, loop, http, ws, lifespan, server_header, proxy_headers, access_log, timeout_keep_alive, "
        "timeout_graceful_shutdown, log_config, factory, …)",
        "processes.py configures uvicorn",
    ),
    Hook(uvicorn.Config, "configure_logging()", "worker_process.py begins with it"),
    Hook(uvicorn.Config, "load()", "worker_process.py loads the application before it serves"),
    Hook(Server, "__init__(config)", "processes.py serves", uses=("self.server_state",)),
    Hook(Server, "run(sockets)", "processes.py serves"),
    Hook(
        Server,
        "_serve(sockets)",
        "draining.py serves while it drains",
        uses=("self.startup", "self.main_loop", "self.shutdown", "self.lifespan"),
    ),
    Hook(
        Server,
        "startup(sockets)",
        "draining.py says when it serves, and tells the application and the connections that it ends",
        uses=("self.started", "self.servers", "self.lifespan.state"),
    ),
    Hook(Server, "started", "draining.py says when it serves"),
    Hook(Server, "main_loop()", "draining.py serves while it drains", uses=("self.on_tick",)),
    Hook(Server, "on_tick(counter)", "draining.py serves while it drains", uses=("self.should_exit",)),
    Hook(
        Server,
        "shutdown(sockets)",
        "draining.py cuts off what is left",
        uses=("connection.shutdown", "self._wait_tasks_to_complete", "self.lifespan.shutdown"),
    ),
    Hook(Server, "should_exit", "draining.py and worker_process.py end by it"),
    Hook(Server, "servers", "draining.py accepts nothing more"),
    Hook(Server, "lifespan", "draining.py tells the application that it ends"),
    Hook(Server, "server_state", "draining.py knows the connections and the requests by it"),
    Hook(Server, "handle_exit", "draining.py and worker_process.py count the signals"),  # others replace it as well
    Hook(Server, "_captured_signals", "draining.py keeps the last one only"),
    Hook(
        Server,
        "capture_signals()",
        "draining.py ends by the signal that it got, and worker_process.py does not",
        uses=("self.handle_exit", "self._captured_signals"),
    ),
)

SUBCLASSES: dict[type, type] = {
    WritingProtocol: HttpToolsProtocol,
    GuardedProtocol: HttpToolsProtocol,
    DrainingServer: Server,
    _SupervisedServer: Server,
}


def parsed(subject: type | ModuleType | Any) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(textwrap.dedent(inspect.getsource(subject))))


def expressions_in(subject: Any) -> set[str]:
    return {ast.unparse(node) for node in parsed(subject) if isinstance(node, ast.Attribute)}


def on_self(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"


def mentioned_in(owner: type) -> set[str]:
    return {node.attr for node in parsed(owner) if isinstance(node, ast.Attribute) and on_self(node)}


def assigned_in(owner: type) -> set[str]:
    return {
        node.attr
        for node in parsed(owner)
        if isinstance(node, ast.Attribute) and on_self(node) and isinstance(node.ctx, ast.Store)
    }


def defined_in(owner: type) -> set[str]:
    return {name for name in vars(owner) if not name.startswith("__") or name == "__init__"} | assigned_in(owner)


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: f"{hook.owner.__name__}.{hook.name}")
def test_uvicorn_has_what_we_override_or_rely_on(hook: Hook) -> None:
    assert hook.complaint() is None


@pytest.mark.parametrize("ours", SUBCLASSES)
def test_whatever_our_classes_share_with_uvicorns_is_in_the_table(ours: type) -> None:
    """So a name of ours that a new uvicorn takes for itself is found too."""
    theirs = SUBCLASSES[ours]

    shared = (defined_in(ours) | mentioned_in(ours)) & defined_in(theirs)

    assert len(shared) > 1
    assert shared - {hook.name for hook in HOOKS if hook.owner is theirs} == set()


def test_our_transport_does_all_that_uvicorn_asks_of_one() -> None:
    asked = {
        expression.rpartition(".")[2]
        for module in (httptools_impl, flow_control, utils)
        for expression in expressions_in(module)
        if expression.rpartition(".")[0] in {"transport", "self.transport", "self._transport"}
    }

    assert {"write", "close", "pause_reading"} <= asked
    assert asked - set(vars(JoinedWrites)) == {"set_protocol"}  # for WebSockets, which are off


class Doctored:
    """A protocol as a new uvicorn might have it."""

    def __init__(self) -> None:
        self.queue: list[str] = []

    def on_response_complete(self) -> None:
        self.queue.pop()

    def shutdown(self, seconds: float) -> None:
        pass


@pytest.mark.parametrize(
    ("member", "uses", "says"),
    [
        ("pipeline", (), "Doctored.pipeline is gone. entrypoints/server/writing.py waits."),
        ("_start_asgi_task(cycle, app)", (), "is gone"),
        ("shutdown()", (), "takes (seconds)"),
        ("shutdown(delay, …)", (), "no longer takes delay"),
        ("on_response_complete()", ("self.queue.pop", "self.pipeline.pop"), "no longer uses self.pipeline.pop."),
    ],
)
def test_a_hook_that_is_gone_is_named_with_what_it_was_for(member: str, uses: tuple[str, ...], says: str) -> None:
    hook = Hook(Doctored, member, "writing.py waits", uses=uses)

    complaint = hook.complaint()

    assert complaint is not None
    assert complaint.startswith(f"uvicorn {uvicorn.__version__}: Doctored.{hook.name}")
    assert says in complaint
    assert replace(hook, member="queue").complaint() is None

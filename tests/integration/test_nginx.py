"""nginx before the service, as docs/operations.md configures it: it limits by the session, and is believed."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

import httpx
import msgspec
import pytest

from entrypoints.settings import Settings
from tests.support.service import running_service
from tests.support.sockets import free_port
from tests.support.waiting import eventually

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
DOCUMENT = Path(__file__).parents[2] / "docs" / "operations.md"
BURST = 200
"""What the document lets a session ask at once."""

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed (Debian: nginx-light)")


@contextmanager
def nginx_before(settings: Settings, folder: Path) -> Iterator[str]:
    """The address of nginx, before a service with these settings."""
    (documented,) = re.findall(r"```nginx\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    with running_service(settings) as service:
        port = free_port()
        http = documented.replace("127.0.0.1:8000", service.removeprefix("http://"))
        http = f"access_log off;\n{http.replace('listen 80', f'listen 127.0.0.1:{port}')}"
        (folder / "nginx.conf").write_text(f"daemon off;\npid {folder}/pid;\nevents {{}}\nhttp {{\n{http}\n}}\n")
        with subprocess.Popen([str(NGINX), "-e", folder / "log", "-c", folder / "nginx.conf"]) as nginx:
            try:
                with client_of(f"http://127.0.0.1:{port}") as client:
                    eventually(lambda: answers(client))
                yield f"http://127.0.0.1:{port}"
            finally:
                nginx.terminate()


def client_of(address: str, *, source: str = "127.0.0.1", **headers: str) -> httpx.Client:
    transport = httpx.HTTPTransport(local_address=source)
    return httpx.Client(base_url=address, transport=transport, headers=headers, timeout=30)


def answers(client: httpx.Client) -> bool:
    try:
        return client.get("/health/live").is_success
    except httpx.TransportError:
        return False


@pytest.mark.parametrize(
    ("one", "another"),
    [
        ({"Authorization": "Bearer one"}, {"Authorization": "Bearer another"}),
        ({"Cookie": "better-auth.session_token=one; a=b"}, {"Cookie": "a=b; better-auth.session_token=another"}),
        ({"Cookie": "__Secure-better-auth.session_token=1"}, {"Cookie": "__Secure-better-auth.session_token=2"}),
    ],
)
def test_each_session_is_limited_by_itself(
    settings: Settings, tmp_path: Path, one: dict[str, str], another: dict[str, str]
) -> None:
    with nginx_before(settings, tmp_path) as front:
        with client_of(front, **one) as client, ThreadPoolExecutor(8) as threads:
            asked = list(threads.map(lambda _: client.get("/nothing"), range(2 * BURST)))
        with client_of(front, **another) as client:
            others = client.get("/nothing")

    refused = [answer for answer in asked if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS]
    assert len(asked) - len(refused) >= BURST
    assert {(one.headers["Retry-After"], one.json()["code"]) for one in refused} == {("1", "rate_limited")}
    assert others.status_code == HTTPStatus.NOT_FOUND


def test_the_service_is_told_who_the_client_is_and_nobody_can_pass_for_another(
    settings: Settings, tmp_path: Path
) -> None:
    limited = msgspec.structs.replace(settings, limit_address_requests=2, trusted_proxies="127.0.0.1")
    forged = [{"X-Forwarded-For": f"192.0.2.{number}"} for number in range(3)]
    with nginx_before(limited, tmp_path) as front:
        with client_of(front, source="127.0.0.2") as client:
            one = [client.get("/nothing", headers=headers).status_code for headers in forged]
        with client_of(front, source="127.0.0.3") as client:
            other = client.get("/nothing").status_code

    assert (one, other) == ([404, 404, 429], 404)

"""Equal replicas over one PostgreSQL and one Chroma, behind nginx, while they are killed and stopped.

`python -m benchmarks.speed.replicas --minutes 5`: clients add and search at whichever replica nginx picks. Each minute
one replica is killed (-9) and started again and another is stopped for ten seconds; in the middle PostgreSQL is
restarted. At the end nothing that was acknowledged may be lost or doubled, every search must have found what was
acknowledged before it began, and what failed must have said so. Needs nginx and PostgreSQL.
"""

import argparse
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.local.servers import Servers, both_servers, free_port

USERS_A_CLIENT = 3
PATIENCE = 20.0
"""Seconds in which an answer, or a refusal, must come."""

NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1;
events {{ worker_connections 512; }}
http {{
    access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    upstream replicas {{ {servers} keepalive 32; }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://replicas; proxy_http_version 1.1; proxy_set_header Connection "";
            proxy_set_header Host localhost; proxy_connect_timeout 1s; proxy_read_timeout 8s;
        }}
    }}
}}
"""


@dataclass
class Replica:
    """One `memos-mcp serve`, started again where it was killed."""

    folder: Path
    port: int
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "memos_mcp", "serve", "--port", str(self.port)]
        log = (self.folder.parent / f"{self.folder.name}.log").open("ab")
        self.process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        assert self.process is not None
        self.process.wait()

    def wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"http://127.0.0.1:{self.port}/health").is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.2)
        raise TimeoutError(f"the replica at port {self.port} does not answer")


@dataclass
class Seen:
    """What all clients together saw."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    failed: Counter[str] = field(default_factory=Counter)
    silent: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Client:
    """Adds one thing after another for its users, each until it is acknowledged, and searches for what was."""

    def __init__(self, number: int, url: str, seen: Seen, ending: threading.Event) -> None:
        self.acknowledged: dict[str, list[str]] = {f"user-{number}-{one}": [] for one in range(USERS_A_CLIENT)}
        self._chance = random.Random(number)  # noqa: S311  # a repeatable choice
        self._url = f"{url}/api/openmem/v1"
        self._seen = seen
        self._ending = ending
        self._http = httpx.Client(timeout=PATIENCE)

    def run(self) -> None:
        while not self._ending.is_set():
            user_id = self._chance.choice([*self.acknowledged])
            if self._chance.random() < 0.5 or not self.acknowledged[user_id]:
                self._add(user_id)
            else:
                self._search(user_id)

    def _add(self, user_id: str) -> None:
        text = f"The parcel number {uuid.uuid4().hex[:10]} stands in hall {self._chance.randint(1, 99)}."
        key = uuid.uuid4().hex
        body = {"user_id": user_id, "conversation_id": "c", "messages": [{"role": "user", "content": text}]}
        while self._ask("add/message", body, key=key) is None:
            time.sleep(0.2)
        self.acknowledged[user_id].append(text)

    def _search(self, user_id: str) -> None:
        text = self._chance.choice(self.acknowledged[user_id][-30:])
        number = text.split()[3]
        body = {"user_id": user_id, "query": f"Where is parcel {number}?", "relativity": 0, "message_limit_number": 5}
        found = self._ask("search/memory", body)
        if found is not None and number not in str(found):
            self._seen.missed.append(f"{user_id} {text}: {str(found)[:300]}")

    def _ask(self, path: str, body: dict[str, object], *, key: str = "") -> dict[str, object] | None:
        begun = time.monotonic()
        try:
            response = self._http.post(
                f"{self._url}/{path}", json=body, headers={"Idempotency-Key": key} if key else {}
            )
        except httpx.TransportError as exc:
            self._fail(path, type(exc).__name__)
            return None
        if response.status_code == 200 and response.json().get("code") == 0:
            with self._seen.lock:
                self._seen.times[path].append(time.monotonic() - begun)
            return response.json()["data"]
        told = response.json().get("message", "") if "json" in response.headers.get("content-type", "") else "by nginx"
        if not told:
            self._seen.silent.append(response.text[:200])
        self._fail(path, f"{response.status_code} {told[:90]}")
        return None

    def _fail(self, path: str, why: str) -> None:
        with self._seen.lock:
            self._seen.failed[f"{path}: {why}"] += 1


@contextmanager
def nginx(folder: Path, replicas: list[Replica]) -> Generator[str]:
    port = free_port()
    servers = " ".join(f"server 127.0.0.1:{one.port} max_fails=1 fail_timeout=2s;" for one in replicas)
    configuration = folder / "nginx.conf"
    configuration.write_text(NGINX.format(folder=folder, port=port, servers=servers))
    command = ["nginx", "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(configuration)]
    with subprocess.Popen(command) as process:
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def disturb(replicas: list[Replica], servers: Servers, *, seconds: float) -> None:
    """Kill one replica and stop another each minute, and restart PostgreSQL once in the middle."""
    chance = random.Random(1)  # noqa: S311  # a repeatable choice
    begun, restarted, round_ = time.monotonic(), False, 0
    while time.monotonic() < begun + seconds:
        left = begun + seconds - time.monotonic()
        time.sleep(min(20, left / 3))
        killed, stopped = chance.sample(replicas, 2)
        print(f"{time.monotonic() - begun:5.0f} s: one killed", flush=True)
        killed.kill()
        time.sleep(2)
        killed.start()
        time.sleep(min(15, left / 4))
        print(f"{time.monotonic() - begun:5.0f} s: one stopped for 10 s", flush=True)
        stopped.signal(signal.SIGSTOP)
        time.sleep(10)
        stopped.signal(signal.SIGCONT)
        if not restarted and time.monotonic() > begun + seconds / 3:
            print(f"{time.monotonic() - begun:5.0f} s: PostgreSQL restarted", flush=True)
            servers.postgres.stop()
            time.sleep(1)
            servers.postgres.start()
            restarted = True
        round_ += 1
        time.sleep(max(0, min(begun + round_ * 60, begun + seconds) - time.monotonic()))


def read(url: str, user_id: str) -> list[str]:
    """Read all that a user said."""
    said: list[str] = []
    page = pages = 1
    while page <= pages:
        body = {"user_id": user_id, "conversation_id": "c", "message_limit_number": 50, "page": page}
        found = httpx.post(f"{url}/api/openmem/v1/get/message", json=body, timeout=PATIENCE).json()["data"]
        said += [message["content"] for message in found["message_detail_list"]]
        page, pages = page + 1, found["pages"]
    return said


def report(clients: list[Client], seen: Seen, url: str, *, seconds: float) -> bool:
    """Print what was measured; False where something was lost, doubled, missed or failed without a word."""
    lost, doubled, kept = 0, 0, 0
    for client in clients:
        for user_id, acknowledged in client.acknowledged.items():
            counts = Counter(read(url, user_id))
            lost += sum(text not in counts for text in acknowledged)
            doubled += sum(count > 1 for count in counts.values())
            kept += len(acknowledged)
    for path, times in sorted(seen.times.items()):
        cuts = statistics.quantiles(times, n=100)
        p50, p95, p99 = (1000 * cuts[place] for place in (49, 94, 98))
        print(f"{path}: {len(times) / seconds:.1f}/s, p50 {p50:.0f} ms, p95 {p95:.0f} ms, p99 {p99:.0f} ms")
    for why, count in seen.failed.most_common():
        print(f"failed {count} times: {why}")
    print(f"{kept} acknowledged: {lost} lost, {doubled} doubled; {len(seen.missed)} searches missed what was stored")
    print("\n".join(seen.missed[:5] + seen.silent[:5]))
    return not (lost or doubled or seen.missed or seen.silent)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--minutes", type=float, default=5)
    options.add_argument("--replicas", type=int, default=3)
    options.add_argument("--clients", type=int, default=8)
    options.add_argument("--calm", action="store_true", help="disturb nothing")
    asked = options.parse_args()
    seconds = asked.minutes * 60
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="memos-replicas-")))
        servers = stack.enter_context(both_servers(folder / "chroma"))
        ledger = servers.postgres.empty()
        replicas: list[Replica] = []
        for number in range(asked.replicas):
            home = folder / f"replica-{number}"
            variables = {"MEMOS_DATA_DIR": str(home), "MEMOS_LEDGER_URL": ledger, "MEMOS_CHROMA_URL": servers.chroma}
            replicas.append(Replica(home, free_port(), {"PATH": "/usr/bin:/bin", **variables}))
            replicas[-1].start()
            stack.callback(replicas[-1].kill)
        for replica in replicas:
            replica.wait_until_it_answers()
        url = stack.enter_context(nginx(folder, replicas))
        seen, ending = Seen(), threading.Event()
        clients = [Client(number, url, seen, ending) for number in range(asked.clients)]
        threads = [threading.Thread(target=client.run) for client in clients]
        begun = time.monotonic()
        for thread in threads:
            thread.start()
        if asked.calm:
            time.sleep(seconds)
        else:
            disturb(replicas, servers, seconds=seconds)
        ending.set()
        for thread in threads:
            thread.join()
        took = time.monotonic() - begun
        for replica in replicas:
            replica.wait_until_it_answers()
        return 0 if report(clients, seen, url, seconds=took) else 1


if __name__ == "__main__":
    sys.exit(main())

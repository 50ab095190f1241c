"""The way from a process to the engine of a data directory: a socket whose two ends prove who they are.

It is a Unix socket of the data directory where there are any, and the kernel tells each end the user of the other. On
Windows it is a port of the loopback, and each end proves that it knows the secret of a file that only the owner can
read. Then one JSON line goes each way, the hello and its answer. Standard library only.
"""

import json
import os
import socket
import stat
import struct
import sys
import time
from typing import Any, Final

from memos_mcp import __version__
from memos_mcp.relay.jsonrpc import mapping

PROTOCOL: Final = 1
"""The version of the hello. An engine takes relays of every version of the program that speak this one."""

SOCKET_FILE: Final = "engine.sock"
PORT_FILE: Final = "engine.port"
LOCK_FILE: Final = "listen.lock"
"""Locked by the engine for as long as it lives; its content, a process id, is for people."""

IS_UNIX: Final = hasattr(socket, "AF_UNIX")
LONGEST_PATH: Final = 100
"""Bytes of a socket's path; Linux takes 107, macOS 103."""

PATIENCE: Final = 25.0
"""Seconds in which an engine answers a hello: half a second on a quiet machine, when it has just been started."""

LOOK_AGAIN: Final = 0.5
"""Seconds after which a process that waits for a proof looks whether the engine is at another port by now."""

NONCE_BYTES: Final = 32
LONGEST_HELLO: Final = 1 << 20


class Absent(Exception):
    """No engine listens."""


class Refused(Exception):
    """The engine will not serve this process; the message says why."""


class Unresponsive(Exception):
    """An engine is there and does not answer; the message names its process."""


def socket_path(data_dir: str) -> str:
    """Return where the socket of a data directory is: in it or, where that path is too long, with the user's others."""
    path = os.path.join(data_dir, SOCKET_FILE)  # noqa: PTH118
    if len(os.fsencode(path)) <= LONGEST_PATH:
        return path
    import hashlib  # noqa: PLC0415 - rarely needed

    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:24]
    return os.path.join(_runtime_dir(), f"{digest}.sock")  # noqa: PTH118


def _runtime_dir() -> str:
    """Return a folder that is the user's alone; the same for every process, whatever its environment says."""
    user = os.geteuid()
    base = f"/run/user/{user}"
    folder = f"{base}/memos-mcp" if os.access(base, os.W_OK) else f"/tmp/memos-mcp-{user}"  # noqa: S108 - it is checked
    os.makedirs(folder, mode=0o700, exist_ok=True)  # noqa: PTH103
    found = os.lstat(folder)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != user or found.st_mode & 0o077:
        raise Refused(f"{folder} is not this user's alone: remove it, or set MEMOS_DATA_DIR to a shorter path.")
    return folder


def connect(data_dir: str) -> socket.socket:
    """Return a connection to the engine, which has proved that it is this user's.

    Raises:
        Absent: no engine listens.
        Refused: whoever listens is not this user.
        Unresponsive: whoever listens does not say who it is.
    """
    try:
        return _connect_by_path(data_dir) if IS_UNIX else _connect_by_port(data_dir)
    except TimeoutError as exc:
        raise unresponsive(data_dir) from exc
    except (OSError, ValueError) as exc:
        raise Absent from exc


def _connect_by_path(data_dir: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(PATIENCE)
        connection.connect(socket_path(data_dir))
        _check_user(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _connect_by_port(data_dir: str) -> socket.socket:
    found = read_port(data_dir)
    if (unused := lock(os.path.join(data_dir, LOCK_FILE), patience=0)) is not None:  # noqa: PTH118
        os.close(unused)
        raise Absent  # whoever is at this port now is no engine
    _check_port(data_dir, found)  # an engine that has just got the lock takes the file of the one before it away
    port, secret = found
    connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    try:
        nonce = os.urandom(NONCE_BYTES)
        connection.sendall(nonce)
        _await_proof(connection, data_dir, found)
        proof, theirs = _receive(connection, NONCE_BYTES), _receive(connection, NONCE_BYTES)
        _check_proof(proof, secret, nonce)
        connection.sendall(prove(secret, b"relay", theirs))
    except BaseException:
        connection.close()
        raise
    return connection


def _check_user(connection: socket.socket) -> None:
    if not is_of_this_user(connection):
        raise Refused("Another user's process listens in place of the engine: nothing was sent to it.")


def _await_proof(connection: socket.socket, data_dir: str, found: tuple[int, bytes]) -> None:
    """Wait until the other end says something; an engine that opens meanwhile says where it is, and is gone to."""
    until = time.monotonic() + PATIENCE
    connection.settimeout(LOOK_AGAIN)
    while True:
        try:
            connection.recv(1, socket.MSG_PEEK)
        except TimeoutError:
            _check_port(data_dir, found)
            if time.monotonic() > until:
                raise
        else:
            connection.settimeout(PATIENCE)
            return


def _check_port(data_dir: str, found: tuple[int, bytes]) -> None:
    if read_port(data_dir) != found:
        raise Absent


def _check_proof(proof: bytes, secret: bytes, nonce: bytes) -> None:
    if not proves(proof, secret, b"engine", nonce):
        raise Absent  # another program that came to this port


def read_port(data_dir: str) -> tuple[int, bytes]:
    """Return the port at which the engine listens, and the secret."""
    with open(os.path.join(data_dir, PORT_FILE), encoding="ascii") as file:  # noqa: PTH118, PTH123
        port, secret = file.read().split()
    return int(port), bytes.fromhex(secret)


def prove(secret: bytes, role: bytes, nonce: bytes) -> bytes:
    """Return what shows that somebody in this role knows the secret."""
    import hmac  # noqa: PLC0415 - on Windows alone

    return hmac.digest(secret, role + nonce, "sha256")


def proves(proof: bytes, secret: bytes, role: bytes, nonce: bytes) -> bool:
    """Say whether a proof is good."""
    import hmac  # noqa: PLC0415

    return hmac.compare_digest(proof, prove(secret, role, nonce))


def _receive(connection: socket.socket, count: int) -> bytes:
    received = b""
    while len(received) < count:
        piece = connection.recv(count - len(received))
        if not piece:
            raise Absent
        received += piece
    return received


def is_of_this_user(connection: socket.socket) -> bool:
    """Say whether the process at the other end of a Unix socket runs for this user."""
    if sys.platform == "linux":
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return struct.unpack("3i", credentials)[1] == os.geteuid()
    if sys.platform == "darwin" or "bsd" in sys.platform:
        local_peercred, xucred = 1, 76
        credentials = connection.getsockopt(0, local_peercred, xucred)
        return struct.unpack_from("2I", credentials)[1] == os.geteuid()
    return True  # the socket's own permissions are all that there is


def greet(data_dir: str, hello: dict[str, Any], *, patience: float = PATIENCE) -> tuple[socket.socket, dict[str, Any]]:
    """Connect, say hello and return the connection with the engine's answer; the connection has no time-out.

    Raises:
        Absent: no engine listens, or the one that does is ending.
        Refused: the engine does not take this process; the message says why.
        Unresponsive: the engine does not answer.
    """
    connection = connect(data_dir)
    try:
        connection.settimeout(patience)
        connection.sendall(json.dumps({"memos": PROTOCOL, "version": __version__} | hello).encode() + b"\n")
        answer = _answer(connection)
        _check(answer, data_dir)
        connection.settimeout(None)
    except TimeoutError as exc:
        connection.close()
        raise unresponsive(data_dir) from exc
    except (OSError, ValueError) as exc:
        connection.close()
        raise Absent from exc
    except BaseException:
        connection.close()
        raise
    return connection, answer


def _check(answer: dict[str, Any], data_dir: str) -> None:
    if refused := answer.get("refused"):
        raise Refused(str(refused))
    if answer.get("ending") or answer.get("data_dir") != data_dir:
        raise Absent


def _answer(connection: socket.socket) -> dict[str, Any]:
    """Read one line and not a byte more."""
    line = bytearray()
    while not line.endswith(b"\n") and len(line) < LONGEST_HELLO:
        waiting = connection.recv(4096, socket.MSG_PEEK)
        if not waiting:
            raise Absent
        line += connection.recv(waiting.find(b"\n") + 1 or len(waiting))
    return mapping(json.loads(line))


def engine_pid(data_dir: str) -> str:
    """Return the process id that the engine has written down, for a message."""
    try:
        with open(os.path.join(data_dir, LOCK_FILE), encoding="ascii") as file:  # noqa: PTH118, PTH123
            return file.read(20).strip()
    except (OSError, ValueError):
        return ""


def unresponsive(data_dir: str) -> Unresponsive:
    """Return the error that names an engine which does not answer."""
    return Unresponsive(
        f"The engine (process {engine_pid(data_dir) or 'unknown'}) does not respond. What was asked may still be done: "
        "look before you repeat it. If this lasts, end that process; what was acknowledged is on disk."
    )


def lock(path: str, *, patience: float) -> int | None:
    """Lock a file for this process and return its descriptor; None where another holds it for longer than `patience`.

    The lock ends with the process, or with the descriptor.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    until = time.monotonic() + patience
    while not _locked(descriptor):
        if time.monotonic() >= until:
            os.close(descriptor)
            return None
        time.sleep(0.02)
    return descriptor


def _locked(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415

            os.lseek(descriptor, 1 << 30, os.SEEK_SET)  # far from what is written there, which others may read
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True

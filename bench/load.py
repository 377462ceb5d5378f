"""Send frames as fast as a receiver acknowledges them, and measure.

    python bench/load.py --port P --receiver dc09 --connections 100 --frames 100000

Plain sockets and one epoll loop; every frame is made beforehand, so that the tool takes as little
of the machine as it can.  Every acknowledgement is checked: a plain one must be the exact bytes
(or, with --loose, name the right sequence and account), an encrypted one must name them, and one
in 64 is also decrypted.  The result is JSON on standard output.
"""

import argparse
import gc
import json
import select
import socket
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from fastcrc import crc16

from stationd.ids import SystemIds
from stationd.simulate import dc09, surgard

_SECOND = 1_000_000_000
_RESEND_AFTER = 1.0  # seconds until an unanswered datagram is sent again
_DECRYPT_EVERY = 64
_HEAD = 9  # LF, four digits of CRC, four of length


@dataclass(frozen=True, slots=True)
class Shot:
    """One frame, and the check its acknowledgement must pass."""

    raw: bytes
    right: Callable[[bytes], bool]


@dataclass(slots=True)
class Gun:
    """One connection: what is still to be sent, and what is in flight since when."""

    sock: socket.socket
    shots: deque[Shot]
    flying: deque[tuple[Shot, int]] = field(default_factory=deque)
    heard: bytes = b""


@dataclass(slots=True)
class Result:
    """What a run came to; latencies in nanoseconds."""

    latencies: list[int] = field(default_factory=list)
    wrong: int = 0
    repeats: int = 0
    hung_up: int = 0
    seconds: float = 0.0


# -- frames -----------------------------------------------------------------


def accounts(first: str, count: int) -> list[str]:
    """Return ``count`` numbers from ``first`` on, counted in hexadecimal, as wide as it."""
    return [f"{int(first, 16) + step:0{len(first)}X}" for step in range(count)]


def surgard_shots(numbers: Sequence[str], count: int) -> Iterator[Shot]:
    """Yield Contact ID events of ``numbers`` in turn."""
    header = surgard.Header("01", "1")
    for step in range(count):
        number = numbers[step % len(numbers)]
        raw = surgard.contact_id(
            header, number, "E", "130", group="01", zone=f"{step // len(numbers) % 1000:03d}"
        )
        yield Shot(raw, _is_06)


def dc09_shots(
    numbers: Sequence[str], count: int, *, key: bytes | None, loose: bool
) -> Iterator[Shot]:
    """Yield SIA-DCS events of ``numbers`` in turn, each account under its own sequence."""
    random = SystemIds().bytes
    for step in range(count):
        number = numbers[step % len(numbers)]
        sequence = step // len(numbers) % 9999 + 1
        header = f"{sequence:04d}R0L0#{number}["
        content = f"#{number}|Nri1/BA{step % 1000:03d}"
        if key is None:
            raw = _framed(f'"SIA-DCS"{header}{content}]'.encode())
            yield Shot(raw, _plain(header, loose=loose))
        else:
            message = dc09.Message(
                token="SIA-DCS", sequence=sequence, number=number, content=content, receiver="0"
            )
            raw = dc09.encode(message, stamp=datetime.now(UTC), key=key, random=random)
            yield Shot(raw, _sealed(header, key if step % _DECRYPT_EVERY == 0 else None))


def _framed(body: bytes) -> bytes:
    return b"\n%04X%04X%b\r" % (crc16.arc(body), len(body), body)


def _plain(header: str, *, loose: bool) -> Callable[[bytes], bool]:
    start = f'"ACK"{header}'.encode()
    if loose:
        return lambda answer: answer[_HEAD:].startswith(start)
    exact = _framed(start + b"]")
    return lambda answer: answer == exact


def _sealed(header: str, key: bytes | None) -> Callable[[bytes], bool]:
    start = f'"*ACK"{header}'.encode()

    def right(answer: bytes) -> bool:
        if key is None:
            return answer[_HEAD:].startswith(start)
        read = dc09.read_answer(answer, key)
        return read.token == "ACK" and f"{read.header}[" == header

    return right


def _is_06(answer: bytes) -> bool:
    return answer == surgard.ACK


# -- the loop ---------------------------------------------------------------


def fire(guns: Sequence[Gun], *, in_flight: int, ends: bytes) -> Result:
    """Send everything, ``in_flight`` frames a connection, until all is acknowledged."""
    result = Result()
    poll = select.epoll()
    at = {gun.sock.fileno(): gun for gun in guns}
    for fd in at:
        poll.register(fd, select.EPOLLIN)
    begun = time.perf_counter_ns()
    for gun in guns:
        _send(gun, min(in_flight, len(gun.shots)))
    left = len(guns)
    while left:
        ready = poll.poll(_RESEND_AFTER)
        if not ready:
            result.repeats += sum(_resend(gun) for gun in guns)
        for fd, _ in ready:
            gun = at[fd]
            if not _take(gun, result, ends):
                poll.unregister(fd)
                left -= 1
    result.seconds = (time.perf_counter_ns() - begun) / _SECOND
    poll.close()
    return result


def _take(gun: Gun, result: Result, ends: bytes) -> bool:
    """Take in what a connection has heard; tell whether it has more to do."""
    try:
        data = gun.sock.recv(65536)
    except ConnectionError:
        data = b""
    if not data:
        result.hung_up += 1
        return False
    now = time.perf_counter_ns()
    gun.heard += data
    taken = 0
    while gun.flying and (end := gun.heard.find(ends)) >= 0:
        answer, gun.heard = gun.heard[: end + 1], gun.heard[end + 1 :]
        shot, since = gun.flying.popleft()
        if shot.right(answer):
            result.latencies.append(now - since)
        else:
            result.wrong += 1
        taken += 1
    _send(gun, min(taken, len(gun.shots)))
    return bool(gun.flying)


def _send(gun: Gun, count: int) -> None:
    if not count:
        return
    shots = [gun.shots.popleft() for _ in range(count)]
    since = time.perf_counter_ns()
    gun.flying.extend((shot, since) for shot in shots)
    if gun.sock.type == socket.SOCK_DGRAM:
        for shot in shots:
            gun.sock.send(shot.raw)
    else:
        gun.sock.sendall(b"".join(shot.raw for shot in shots))


def _resend(gun: Gun) -> int:
    """Send the oldest datagram in flight again; a stream repeats nothing."""
    if gun.sock.type != socket.SOCK_DGRAM or not gun.flying:
        return 0
    gun.sock.send(gun.flying[0][0].raw)
    return 1


# -- a run ------------------------------------------------------------------


def run(options: argparse.Namespace) -> dict[str, object]:
    """Make frames and connections, fire, and return the measurements."""
    key = bytes.fromhex(options.key) if options.key else None
    numbers = accounts(options.first_account, options.accounts)
    guns = [
        Gun(_connected(options), deque(_shots(options, mine, share, key)))
        for mine, share in _shares(numbers, options.connections, options.frames)
    ]
    ends = surgard.ACK if options.receiver == "surgard" else b"\r"
    # The frames to come are no garbage; looking through them would be measured too.
    gc.collect()
    gc.freeze()
    result = fire(guns, in_flight=options.in_flight, ends=ends)
    for gun in guns:
        gun.sock.close()
    return _report(options, result)


def _shares(
    numbers: Sequence[str], connections: int, frames: int
) -> Iterator[tuple[Sequence[str], int]]:
    """Give each connection its accounts (no two share one, where they suffice) and frames."""
    for index in range(connections):
        mine = numbers[index::connections] or [numbers[index % len(numbers)]]
        yield mine, frames // connections + (index < frames % connections)


def _shots(
    options: argparse.Namespace, numbers: Sequence[str], count: int, key: bytes | None
) -> Iterator[Shot]:
    if options.receiver == "surgard":
        return surgard_shots(numbers, count)
    return dc09_shots(numbers, count, key=key, loose=options.loose)


def _connected(options: argparse.Namespace) -> socket.socket:
    kind = socket.SOCK_DGRAM if options.transport == "udp" else socket.SOCK_STREAM
    sock = socket.socket(socket.AF_INET, kind)
    sock.connect((options.host, options.port))
    if kind == socket.SOCK_STREAM:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def _report(options: argparse.Namespace, result: Result) -> dict[str, object]:
    latencies = sorted(result.latencies)
    return {
        "receiver": options.receiver,
        "transport": options.transport,
        "encrypted": bool(options.key),
        "connections": options.connections,
        "in_flight": options.in_flight,
        "frames": options.frames,
        "acknowledged": len(latencies),
        "wrong": result.wrong,
        "repeats": result.repeats,
        "hung_up": result.hung_up,
        "seconds": round(result.seconds, 3),
        "per_second": round(len(latencies) / result.seconds) if result.seconds else 0,
        "latency_ms": {
            name: _percentile(latencies, share)
            for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1.0))
        },
    }


def _percentile(ordered: Sequence[int], share: float) -> float | None:
    if not ordered:
        return None
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] / 1e6, 3)


def parser() -> argparse.ArgumentParser:
    """Return the options of the tool."""
    made = argparse.ArgumentParser(description="Measure acknowledgements.")
    made.add_argument("--host", default="127.0.0.1")
    made.add_argument("--port", type=int, required=True)
    made.add_argument("--receiver", choices=["dc09", "surgard"], default="dc09")
    made.add_argument("--transport", choices=["tcp", "udp"], default="tcp")
    made.add_argument("--connections", type=int, default=100)
    made.add_argument("--in-flight", type=int, default=1, help="frames unanswered a connection")
    made.add_argument("--frames", type=int, default=50_000, help="in all")
    made.add_argument("--first-account", default="1000", help="counted up in hexadecimal")
    made.add_argument("--accounts", type=int, default=100)
    made.add_argument("--key", help="AES key of every account, in hexadecimal digits")
    made.add_argument("--loose", action="store_true", help="for peers that answer differently")
    made.add_argument("--output", type=Path, help="write the JSON here as well")
    return made


def main() -> int:
    """Run once; 0 when every frame was acknowledged rightly."""
    options = parser().parse_args()
    report = run(options)
    text = json.dumps(report, indent=2)
    print(text)
    if options.output:
        options.output.write_text(text + "\n", encoding="utf-8")
    return 0 if report["acknowledged"] == options.frames else 1


if __name__ == "__main__":
    sys.exit(main())

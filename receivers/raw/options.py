"""Raw: what can be set."""

from collections.abc import Mapping
from types import MappingProxyType

from receivers.options import BYTES, bytes_option
from receivers.session import Option

__all__ = ["ECHO", "OPTIONS"]

ECHO = "echo"
OPTIONS: Mapping[str, Option] = MappingProxyType(
    {
        "end": bytes_option(
            "0D", "What ends a frame, in hexadecimal; empty: a silence does (`gap_ms`)."
        ),
        "start": bytes_option(
            "", "What begins a frame, in hexadecimal; bytes before it are noise. Empty: anything."
        ),
        "idle": bytes_option("", "Bytes that are dropped between frames, in hexadecimal."),
        "gap_ms": Option(
            default=300,
            help="Milliseconds of silence that end a frame, where `end` is empty.",
            least=20,
            most=60_000,
        ),
        "limit": Option(
            default=1024, help="Bytes that a frame has at most.", least=16, most=65_536
        ),
        "answer": Option(
            default="06",
            help="The answer to a frame, in hexadecimal; empty: none; echo: the frame itself.",
            pattern=rf"{ECHO}|{BYTES}",
        ),
    }
)

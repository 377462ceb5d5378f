"""pysiaalarm's own asyncio server, for comparison: it stores nothing and acknowledges."""

import argparse
import asyncio
import logging
import signal

from load import accounts
from pysiaalarm import SIAAccount
from pysiaalarm.aio import SIAClient


async def _nothing(_event: object) -> None:
    """Do nothing with an event."""


async def _serve(options: argparse.Namespace) -> None:
    known = [
        SIAAccount(number, options.key, allowed_timeband=None)
        for number in accounts(options.first_account, options.accounts)
    ]
    client = SIAClient("127.0.0.1", options.port, known, function=_nothing)
    await client.async_start(reuse_port=True)
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    print("ready", flush=True)
    await stopped.wait()


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--first-account", default="1000")
    parser.add_argument("--accounts", type=int, default=100)
    parser.add_argument("--key", help="key as text, the way pysiaalarm takes it")
    logging.disable(logging.CRITICAL)
    asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()

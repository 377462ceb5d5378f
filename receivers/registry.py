"""The receivers the settings may name, in one table."""

from collections.abc import Mapping
from types import MappingProxyType

from receivers.dc09 import message as dc09
from receivers.dc09 import session as dc09_session
from receivers.session import ReceiverSpec

__all__ = ["RECEIVERS"]

RECEIVERS: Mapping[str, ReceiverSpec] = MappingProxyType(
    {
        "dc09": ReceiverSpec(
            title="SIA DC-09 (panels over IP)",
            transports=frozenset({"tcp", "udp", "serial"}),
            open=dc09_session.Dc09Session,
            decode=dc09.decode,
            options=dc09_session.OPTIONS,
        ),
    }
)

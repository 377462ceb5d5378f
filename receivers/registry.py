"""The receivers the settings may name, in one table."""

from collections.abc import Mapping
from types import MappingProxyType

from receivers import dc09, surgard
from receivers.session import ReceiverSpec

__all__ = ["RECEIVERS"]

RECEIVERS: Mapping[str, ReceiverSpec] = MappingProxyType(
    {
        "surgard": ReceiverSpec(
            title="Sur-Gard automation output",
            transports=frozenset({"tcp", "serial", "udp"}),
            open=surgard.open_session,
            decode=surgard.decode,
            options=surgard.OPTIONS,
            heartbeat=True,
        ),
        "dc09": ReceiverSpec(
            title="SIA DC-09 (panels over IP)",
            transports=frozenset({"tcp", "serial", "udp"}),
            open=dc09.Dc09Session,
            decode=dc09.decode,
            options=dc09.OPTIONS,
        ),
    }
)

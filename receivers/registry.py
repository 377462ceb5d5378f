"""The receivers the settings may name, in one table."""

from collections.abc import Mapping
from types import MappingProxyType

from receivers import (
    ademco685,
    ademco8000,
    aes,
    cp220,
    d6500,
    d6500_sia,
    dc03,
    dc09,
    exprecium,
    iti,
    lupus,
    oh,
    raw,
    surgard,
)
from receivers.events import Fault
from receivers.session import ReceiverSpec

__all__ = ["RECEIVERS"]

_ANY = frozenset({"tcp", "serial", "udp"})
_STREAMS = frozenset({"tcp", "serial"})

RECEIVERS: Mapping[str, ReceiverSpec] = MappingProxyType(
    {
        "surgard": ReceiverSpec(
            title="Sur-Gard automation output",
            transports=_ANY,
            open=surgard.open_session,
            decode=surgard.decode,
            options=surgard.OPTIONS,
            heartbeat=True,
            gap=surgard.gap,
        ),
        "dc09": ReceiverSpec(
            title="SIA DC-09 (panels over IP)",
            transports=_ANY,
            open=dc09.Dc09Session,
            decode=dc09.decode,
            options=dc09.OPTIONS,
            recall=dc09.recall,
        ),
        "dc07": ReceiverSpec(
            title="SIA DC-07 (receiver to computer), on trial",
            transports=_STREAMS,
            open=dc09.Dc07Session,
            decode=dc09.decode,
            options=dc09.OPTIONS,
            recall=dc09.recall,
            heartbeat=True,
            trial=True,
        ),
        "ademco685": ReceiverSpec(
            title="Ademco 685 and CAPS, and what imitates them",
            transports=_STREAMS,
            open=ademco685.open_session,
            decode=ademco685.decode,
            options=ademco685.OPTIONS,
            heartbeat=True,
            poll=ademco685.poll,
        ),
        "mx8000": ReceiverSpec(
            title="Honeywell/Ademco MX8000, its own protocol (Ademco 8000)",
            transports=_STREAMS,
            open=ademco8000.open_8000,
            decode=ademco8000.decode,
            options=ademco8000.OPTIONS,
            heartbeat=True,
        ),
        "sk9000": ReceiverSpec(
            title="Silent Knight 9000, and what imitates it",
            transports=_STREAMS,
            open=ademco8000.open_sk9000,
            decode=ademco8000.decode,
            options=ademco8000.OPTIONS,
            heartbeat=True,
        ),
        "d6500": ReceiverSpec(
            title="Bosch/Radionics D6500 mode (D6500, D6600, D6100), and what imitates it",
            transports=_STREAMS,
            open=d6500.open_session,
            decode=d6500.decode,
            options=d6500.OPTIONS,
            heartbeat=True,
        ),
        "d6500-sia": ReceiverSpec(
            title="Bosch D6600/D6100 SIA mode, on trial",
            transports=_STREAMS,
            open=d6500_sia.SiaModeSession,
            decode=d6500_sia.decode,
            options={},
            heartbeat=True,
            trial=True,
        ),
        "cp220": ReceiverSpec(
            title="FBI CP-220, and what imitates it",
            transports=_STREAMS,
            open=cp220.open_session,
            decode=cp220.decode,
            options=cp220.OPTIONS,
            heartbeat=True,
        ),
        "iti": ReceiverSpec(
            title="ITI CS-4000/5000: ITI Generic and Computer Interface",
            transports=_STREAMS,
            open=iti.open_session,
            decode=iti.decode,
            options=iti.OPTIONS,
            heartbeat=True,
        ),
        "aes7705": ReceiverSpec(
            title="AES 7705i and 7705ii MultiNet, in 685 or 6500 mode",
            transports=_STREAMS,
            open=aes.open_session,
            decode=aes.decode,
            options=aes.OPTIONS,
            heartbeat=True,
            poll=aes.poll,
        ),
        "exprecium": ReceiverSpec(
            title="MCDI Exprecium, its own output, on trial",
            transports=_STREAMS,
            open=exprecium.open_session,
            decode=exprecium.decode,
            options=exprecium.OPTIONS,
            heartbeat=True,
            trial=True,
        ),
        "galaxy": ReceiverSpec(
            title="SIA blocks over TCP (Honeywell Galaxy and what imitates it)",
            transports=frozenset({"tcp"}),
            open=dc03.BlockSession,
            decode=dc03.decode,
            options=dc03.OPTIONS,
            gap=dc03.gap,
            hang_up_on=frozenset({Fault.UNDECRYPTABLE}),
        ),
        "contact-id-tcp": ReceiverSpec(
            title="Contact ID over TCP (Lupus, Climax)",
            transports=frozenset({"tcp"}),
            open=lupus.open_session,
            decode=lupus.decode,
            options={},
        ),
        "osborne-hoffman": ReceiverSpec(
            title="Osborne-Hoffman over IP, on trial",
            transports=frozenset({"tcp"}),
            open=oh.open_session,
            decode=oh.decode,
            options=oh.OPTIONS,
            trial=True,
            nameless=True,
        ),
        "dmp": ReceiverSpec(
            title="DMP SCS-1R and SCS-VR host output, framing only",
            transports=_STREAMS,
            open=raw.open_dmp,
            decode=raw.decode,
            options=raw.DMP_OPTIONS,
            heartbeat=True,
            gap=raw.gap,
            trial=True,
        ),
        "raw": ReceiverSpec(
            title="Any framing, any answer: stored and acknowledged, not read",
            transports=_ANY,
            open=raw.open_session,
            decode=raw.decode,
            options=raw.OPTIONS,
            heartbeat=True,
            gap=raw.gap,
        ),
    }
)

"""ITI Generic and the ITI Computer Interface, as the MX8000 speaks them."""

from receivers.iti.framing import framer, interface_framer
from receivers.iti.message import decode
from receivers.iti.session import OPTIONS, open_session

__all__ = ["OPTIONS", "decode", "framer", "interface_framer", "open_session"]

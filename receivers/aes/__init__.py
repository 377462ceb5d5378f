"""AES 7705i MultiNet: 685 or D6500 mode, with habits of its own."""

from receivers.aes.message import decode
from receivers.aes.session import OPTIONS, open_session, poll

__all__ = ["OPTIONS", "decode", "open_session", "poll"]

"""Codecs and sessions, one folder a protocol: bytes in, events out, no I/O.

README.md says how to add a receiver.
"""

"""The receivers the settings may name, in one table."""

from collections.abc import Mapping
from types import MappingProxyType

from receivers.session import ReceiverSpec

__all__ = ["RECEIVERS"]

RECEIVERS: Mapping[str, ReceiverSpec] = MappingProxyType({})

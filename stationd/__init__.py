"""The alarm station's record: signals durable before they are acknowledged."""

__all__ = ["__version__"]

__version__ = "0.1.0"

"""The roster: what answering needs per account, published by the worker as a local file."""

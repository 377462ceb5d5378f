"""How letters leave the house: one module a way, all with the shape of `channel.py`."""

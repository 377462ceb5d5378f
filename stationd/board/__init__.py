"""The standing board: every contract in one row, with what it owes and what is due next."""

"""The ledger: hash-chained records per account, checkpoints over all of them."""

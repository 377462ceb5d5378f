"""Customers, sites, contracts, accounts and the numbers their transmitters send."""

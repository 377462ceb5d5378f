"""Import of customers, sites, contracts, accounts and transmitters from CSV."""

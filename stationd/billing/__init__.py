"""Billing: invoices, payments and credits of contracts, and how each contract stands by them."""

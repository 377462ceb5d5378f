"""Holidays of jurisdictions, and the days and hours on which business is done."""

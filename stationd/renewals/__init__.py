"""Renewals: once a year everything in the archive is listed, and the list stamped anew."""

"""A trial of everything on one machine: real parts, short periods, loopback only."""

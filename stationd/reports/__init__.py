"""Reports by themselves: lists that are made by the clock, and the functioning report of a span."""

"""Reports by themselves: what a bundle's report also has, of a span and without a bundle."""

"""ANSI/SIA DC-09: panels and transmitters that report over IP."""

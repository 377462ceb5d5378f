"""Simulated receivers and panels, for a trial, a rehearsal and the tests.

They are written apart from `receivers`, so that a mistake there is not repeated here: this
package encodes and reads answers with code of its own.  `python -m stationd.simulate --help`
says how to run a day of traffic against a set-up of one's own.

The modules: `surgard` and `dc09` hold the bytes, `receiver` and `panel` the conversations
(pure, without a connection), `sites` and `script` what happens in a day, `tally` what came of
it, `edges` the connections (Twisted), `day` all of it together.
"""

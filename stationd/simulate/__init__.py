"""Simulated receivers and panels, for a trial, a rehearsal and the tests.

They are written apart from `receivers`, so that a mistake there is not repeated here: this
package encodes and reads answers with code of its own.  `python -m stationd.simulate --help`
says how to run a day of traffic against a set-up of one's own.

The modules: `surgard`, `ademco`, `ademco8000`, `bosch`, `iti`, `galaxy`, `plain`, `dc07` and
`dc09` hold the bytes, `voice` what one receiver says and hears, `receiver` and `panel` the
conversations (pure, without a connection), `simulated` all receivers in one table; `happening`,
`sites` and `script` what happens in a day, `tally` what came of it, `edges` the connections
(Twisted), `attachment` which of them a receiver is attached by, `day` all of it together.

A receiver more is an encoder and a line in `simulated`.

A whole station at once: `scenarios` is the table of what it is put through, `crowd` very many
panels, `receiver_line` a receiver that serves many accounts, `noise` a noisy line, `measures` what
came of it, `crowd_streams` and `crowd_edges` the connections (Twisted), `rehearsal` all of it
together, `scenario_command` the command line.
"""

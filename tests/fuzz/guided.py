"""The targets of `tests.fuzz.targets`, led by coverage: what reaches new code is tried further.

    python -m tests.fuzz.guided TARGET [--seconds 600] [--corpus DIR] [input ...]

Needs the package atheris, which no other part of the project needs and `make setup` leaves out.
The corpus begins with the sample frames; what is found is kept in it.  With inputs (files) these
are run once, which is how a failure is looked at again.
"""

import argparse
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["receivers"]):
    from tests.fuzz.targets import PREFIX, TARGETS, samples


def seed(corpus: Path) -> None:
    """Put the sample frames into ``corpus``."""
    corpus.mkdir(parents=True, exist_ok=True)
    for number, frame in enumerate(samples()):
        corpus.joinpath(f"sample-{number:03}").write_bytes(bytes(PREFIX) + frame)


def main() -> None:
    """Run one target; libFuzzer ends the process and prints what was done."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("input", nargs="*", help="files to run once")
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--corpus", type=Path, default=Path("var") / "corpus")
    asked = parser.parse_args()
    corpus = asked.corpus / asked.target
    seed(corpus)
    flags = [f"-max_total_time={asked.seconds}", "-max_len=1024", "-print_final_stats=1"]
    flags.append(f"-artifact_prefix={corpus}/../{asked.target}-")
    atheris.Setup([sys.argv[0], *(asked.input or [*flags, str(corpus)])], TARGETS[asked.target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()

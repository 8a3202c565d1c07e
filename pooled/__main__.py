"""`python -m pooled`."""

import sys


def _main() -> int:
    try:
        from pooled._cli import main  # here, where what goes wrong can be told

        return main()
    except ImportError as error:  # a configuration names a class of a module that the command itself needs
        print(f"python -m pooled: {error}", file=sys.stderr)  # noqa: T201 (it is a command)
        return 2


if __name__ == "__main__":
    sys.exit(_main())

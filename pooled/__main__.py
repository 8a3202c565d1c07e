"""The entry point of `python -m pooled`."""

import sys


def _main() -> int:
    try:
        from pooled._cli import main  # here, so that an error of this import is printed as a message

        return main()
    except ImportError as error:  # the configuration names a class of a module that the command itself imports
        print(f"python -m pooled: {error}", file=sys.stderr)  # noqa: T201 (it is a command)
        return 2


if __name__ == "__main__":
    sys.exit(_main())

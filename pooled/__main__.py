"""`python -m pooled`."""

import sys

if __name__ == "__main__":
    try:
        from pooled._cli import main  # here, where what goes wrong can be told

        sys.exit(main())
    except ImportError as error:  # a configuration names a class of a module that the command itself needs
        print(f"python -m pooled: {error}", file=sys.stderr)  # noqa: T201 (it is a command)
        sys.exit(2)

"""`python -m pooled`."""

import sys

from pooled._cli import main

if __name__ == "__main__":
    sys.exit(main())

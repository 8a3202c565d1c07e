"""Check the subject of a commit message: `python tools/check_subject.py FILE`, as git's commit-msg hook runs it.

A subject starts with a verb in the imperative and has at most 72 characters. The check looks at the ending of the first
word, so it finds "Added", "Adds" and "Adding".
"""

import re
import sys
from pathlib import Path

LONGEST = 72
OTHER_MOODS = re.compile(r"[a-z]*(?:[a-z]ed|[^s]s|ing)")
"""The endings of the past, of the third person, and of the gerund."""
IMPERATIVES = {
    "bias",
    "bring",
    "canvas",
    "embed",
    "exceed",
    "feed",
    "focus",
    "need",
    "proceed",
    "seed",
    "shed",
    "speed",
}
"""Verbs with such an ending."""
WRITTEN_BY_GIT = ("Merge ", "Revert ", "fixup! ", "squash! ", "amend! ")


def faults(subject: str) -> list[str]:
    """Return what is wrong with a subject."""
    if subject.startswith(WRITTEN_BY_GIT):
        return []
    found = []
    if len(subject) > LONGEST:
        found.append(f"it has {len(subject)} characters, at most {LONGEST}")
    verb = re.match(r"[A-Z][a-z-]+(?= )", subject)
    if verb is None:
        found.append("it does not start with a verb with a capital letter, such as Add, Fix or Move")
    elif OTHER_MOODS.fullmatch(verb[0].lower()) and verb[0].lower() not in IMPERATIVES:
        found.append(f"{verb[0]!r} is not an imperative, such as Add, Fix or Move")
    if subject.endswith("."):
        found.append("it ends with a full stop")
    return found


def main() -> None:
    """Check the first line of the file that git names."""
    lines = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
    subject = next((line for line in lines if not line.startswith("#")), "")
    found = faults(subject)
    for fault in found:
        print(f"the subject of the commit {subject!r}: {fault}", file=sys.stderr)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()

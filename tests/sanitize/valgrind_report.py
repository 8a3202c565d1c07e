"""What valgrind found that concerns the native engine: `python valgrind_report.py FILE.xml`, which valgrind wrote.

CPython, which is not made for valgrind, and the libraries around it have errors and lost blocks of their own; what
counts is what has a function of the engine on its stack. The exit status is 1 where there is any.
"""

import collections
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

ENGINE = "_native."


def frames(stack):
    """(function, file, line) of each call, and whether it is the engine's; the innermost first."""
    for frame in stack.iter("frame"):
        text = {part.tag: part.text for part in frame}
        place = f"{text.get('file', text.get('obj', '?'))}:{text.get('line', '')}"
        yield f"{text.get('fn', '?')} ({place})", ENGINE in text.get("obj", "")


def errors_of(file):
    """(kind, what, calls, whether the engine is among them) of each error; those of a file that was cut off, too."""
    try:
        for _, element in ET.iterparse(file):
            if element.tag == "error":
                what = element.findtext("what") or element.findtext("xwhat/text")
                calls = [call for stack in element.iter("stack") for call in frames(stack)]
                yield element.findtext("kind"), what, [name for name, _ in calls], any(ours for _, ours in calls)
                element.clear()
    except ET.ParseError as error:
        print(f"{file}: {error}; it was cut off")


def main(files):
    seen, ours = collections.Counter(), []
    for file in files:
        for kind, what, calls, is_ours in errors_of(Path(file)):
            seen[kind, is_ours] += 1
            if is_ours:
                ours.append((kind, what, calls))
    for (kind, is_ours), count in sorted(seen.items()):
        print(f"{kind}: {count} {'with' if is_ours else 'without'} the engine on the stack")
    for kind, what, calls in ours:
        print(f"\n{kind}: {what}", *calls, sep="\n    ")
    print(f"\n{len(ours)} errors with the engine on the stack")
    return 1 if ours else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

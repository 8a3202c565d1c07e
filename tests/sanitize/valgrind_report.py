"""Print the errors in valgrind's output that concern the native engine: `python valgrind_report.py FILE.xml`.

CPython and its libraries cause errors and lost blocks themselves, so only those with a function of the engine on the
stack count. The exit status is 1 if there are any.
"""

import collections
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

ENGINE = "_native."


def frames(stack):
    """(function, file, line) of each frame, innermost first, and whether one belongs to the engine."""
    for frame in stack.iter("frame"):
        text = {part.tag: part.text for part in frame}
        place = f"{text.get('file', text.get('obj', '?'))}:{text.get('line', '')}"
        yield f"{text.get('fn', '?')} ({place})", ENGINE in text.get("obj", "")


def errors_of(file):
    """(kind, text, frames, whether the engine is among them) of each error, also in a truncated file."""
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

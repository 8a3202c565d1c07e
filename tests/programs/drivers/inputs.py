"""Input that several programs read."""

from common import RANDOM, WORDS, sentence


def markdown(sections):
    lines = []
    for number in range(sections):
        word = RANDOM.choice(WORDS)
        lines += [
            f"## {word} {number}",
            "",
            f"{sentence(12)} **{sentence(2)}** and *{word}* with `code` and ~~{word}~~.",
            "",
        ]
        lines += [f"- {sentence(4)}", f"- [{sentence(2)}](https://example.org/{number})", f"  1. {sentence(3)}", ""]
        lines += [
            "| a | b |",
            "|---|---|",
            f"| {word} | {number} |",
            "",
            f"> {sentence(8)}",
            "",
            "```",
            sentence(4),
            "```",
            "",
        ]
    return "\n".join(lines)


def stylesheet(rules):
    lines = ["/* A theme */"]
    for number in range(rules):
        word, other = RANDOM.choice(WORDS), RANDOM.choice(WORDS)
        lines.append(
            f".{word}-{number} > a:hover, #{other} {{ color: #{RANDOM.randrange(1 << 24):06x}; margin: {number}px auto"
            f" 1.5em; background: url('{word}.png') rgba(1, 2, {number}, .5); {word}: calc(100% - {number}px)"
            " !important }"
        )
    return "\n".join(lines)

"""Check that second lives show nothing of the first: `python -m tests.programs --lives`."""

from .catalogue import Program
from .runner import Runner

SIZE = 0.05
"""How much of its work the program does before its objects get two lives."""


def check_lives(program: Program, runner: Runner, seed: int) -> list[str]:
    """Return the faults in second lives of the classes that `advise` chose for a program."""
    advise = runner.run("advise")
    small = Runner(program, SIZE, runner.folder)
    environ = {"PROGRAM_LIVES": str(runner.configuration), "PROGRAM_SEED": str(seed)}
    plain, pooled = (small.run(variant, environ) for variant in ("plain", "advised"))
    wrong = [f"{each.outcome}" for each in (advise, plain) if each.outcome.status]
    if pooled.outcome != plain.outcome:
        pairs = zip(plain.outcome.lines, pooled.outcome.lines, strict=False)
        line, other = next((pair for pair in pairs if pair[0] != pair[1]), ("", str(pooled.outcome)))
        differing = (at for at, (one, another) in enumerate(zip(line, other, strict=False)) if one != another)
        start = max(0, next(differing, 0) - 100)
        wrong.append(f"seed {seed}: ...{other[start : start + 300]}, plain: ...{line[start : start + 300]}")
    print(f"{program.name}: {'DIFFERENT' if wrong else 'same'}, {len(pooled.reused)} classes reused", flush=True)
    return wrong

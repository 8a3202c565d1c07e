"""Particles: each frame creates and drops thousands of sparks; each has a trail, and the forces that act on it."""

from __future__ import annotations

import random
from collections.abc import Iterator

import attrs

from benchmarks.workloads._makers import Makers

BORN = 4_000
"""At each frame, at full scale."""

LIVES = 3
"""Frames."""


@attrs.define(eq=False)
class Particle:
    """A spark: where it is, where it goes, what pulls at it, and where it has been: x, y, x, y, as it is drawn."""

    x: float = 0.0
    y: float = 0.0
    speed_x: float = 0.0
    speed_y: float = 0.0
    age: int = 0
    trail: list[float] = attrs.field(factory=list)
    forces: dict[str, float] = attrs.field(factory=dict)
    cells: set[int] = attrs.field(factory=set)


def work(make: Makers, seed: int, scale: float) -> Iterator[int]:
    """An operation is a frame; what came out tells where the sparks are."""
    rng = random.Random(seed)
    born = max(1, int(BORN * scale))
    angles = [(rng.uniform(-1, 1), rng.uniform(0, 2)) for _ in range(born)]
    particle = make.maker(Particle)
    alive: list[Particle] = []
    frame = 0
    yield 0
    while True:
        frame += 1
        for speed_x, speed_y in angles:
            spark = particle(speed_x=speed_x, speed_y=speed_y)
            spark.forces["wind"] = 0.01 * (frame & 7)
            alive.append(spark)
        yield move(alive)
        alive = [spark for spark in alive if spark.age < LIVES]


def move(alive: list[Particle]) -> int:
    """Move all by a step; a number that tells where they are."""
    crossed = 0
    for spark in alive:
        spark.speed_x += spark.forces["wind"]
        spark.x += spark.speed_x
        spark.y += spark.speed_y
        spark.age += 1
        spark.trail.extend((spark.x, spark.y))
        spark.cells.add(int(spark.x * 4))
        crossed += len(spark.cells)
    return crossed * 31 + int(alive[-1].x * 1e6)

"""Simulates a clinic: patients arrive, wait for a doctor, and go."""

import simpy
from common import RANDOM, loaded, scaled, show


def patient(env, doctors, waits):
    arrived = env.now
    with doctors.request(priority=RANDOM.randint(0, 2)) as request:
        result = yield request | env.timeout(40)
        waits.append(round(env.now - arrived, 3))
        if request in result:
            yield env.timeout(RANDOM.expovariate(1 / 7))


def arrivals(env, doctors, waits):
    while True:
        yield env.timeout(RANDOM.expovariate(1 / 2))
        env.process(patient(env, doctors, waits))


def day(number):
    env = simpy.Environment()
    waits = []
    env.process(arrivals(env, simpy.PriorityResource(env, capacity=3), waits))
    env.run(until=14_000)
    return f"{number} {len(waits)} {sum(waits):.2f} {max(waits)}"


loaded()
show(day(number) for number in range(scaled(8)))

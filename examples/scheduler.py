"""Batches chats for a language model as an inference server does, with and without pools for the objects of each step.

Requests wait until there is room, and then run together. Each step computes one more token of every answer and, with
the rest of its budget, parts of the prompts of new requests. If a request grows and no block of the cache is free, the
youngest request returns to the queue. For each running request in each step, the scheduler makes objects with several
lists, dicts and sets that describe the work of the model, and the model makes some for its answer. All of these objects
are dropped at the end of the step, and pooled here. The model only reads its inputs, and draws random tokens.

By default, both ways run in turn, each in its own process, with the same traffic. The answers have to be the same.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import sys
import time
from collections import deque
from functools import partial

import attrs
from _metadata import Makers, RequestMetadata, Sampled, Scheduled, SchedulerOutput
from _model import Model
from _serving import BLOCK_TOKENS, BlockManager, HostCache, Request
from _sides import Figures, in_turn, print_ratio, print_side
from _traffic import LONGEST_REQUEST, Traffic

import pooled

MOST_RUNNING = 256
TOKEN_BUDGET = 1024
SECONDS_PER_STEP = 0.02


class Scheduler:
    """Chooses the work of each step, and describes it to the model."""

    def __init__(self, blocks: BlockManager, makers: Makers) -> None:
        self.blocks = blocks
        self.waiting: deque[Request] = deque()
        self.running: list[Request] = []
        self.preemptions = 0
        self._make = makers

    def schedule(self) -> SchedulerOutput:
        """Choose the requests of the next step, and their numbers of tokens."""
        output = self._make.scheduler_output()
        self._continue_running(output)
        if not output.preempted:
            self._admit(output)
        for copies, due in ((output.loads, self.blocks.loads), (output.saves, self.blocks.saves)):
            copies.extend(due)
            due.clear()
        return output

    def _continue_running(self, output: SchedulerOutput) -> None:
        position = 0
        while position < len(self.running):
            request = self.running[position]
            chunk = min(request.length - request.computed, TOKEN_BUDGET - output.tokens)
            if not chunk:
                break
            while not self.blocks.room_for(request, chunk):
                youngest = self.running.pop()
                self._preempt(youngest, output)
                if youngest is request:
                    return
            self._add(output, request, chunk)
            position += 1

    def _admit(self, output: SchedulerOutput) -> None:
        while self.waiting and len(self.running) < MOST_RUNNING and output.tokens < TOKEN_BUDGET:
            request = self.waiting[0]
            if not self.blocks.room_for(request, request.length):
                return
            self.running.append(self.waiting.popleft())
            self.blocks.adopt_prefix(request)
            chunk = min(request.length - request.computed, TOKEN_BUDGET - output.tokens)
            output.admitted.add(request.number)
            self._add(output, request, chunk)

    def _add(self, output: SchedulerOutput, request: Request, chunk: int) -> None:
        scheduled = self._make.scheduled(request=request, chunk=chunk)
        scheduled.new_blocks.extend(self.blocks.grow(request, chunk))
        output.requests.append(scheduled)
        output.chunks[request.number] = chunk
        output.tokens += chunk

    def _preempt(self, request: Request, output: SchedulerOutput) -> None:
        self.blocks.release(request)
        self.waiting.appendleft(request)
        output.preempted.add(request.number)
        self.preemptions += 1

    def metadata(self, output: SchedulerOutput) -> list[RequestMetadata]:
        """Describe every request to the model."""
        return [self._metadata_of(scheduled) for scheduled in output.requests]

    def _metadata_of(self, scheduled: Scheduled) -> RequestMetadata:
        request, chunk = scheduled.request, scheduled.chunk
        start, length = request.computed, request.length
        metadata = self._make.request_metadata(
            name=request.name,
            is_prompt=start < len(request.prompt),
            do_sample=start + chunk == length,
            chunk=chunk,
            sampling=request.sampling,
        )
        data = self._make.sequence_data(length=length, computed=start)
        data.tokens.extend(request.tokens(start, start + chunk))
        data.new_blocks.extend(scheduled.new_blocks)
        metadata.sequences[request.number] = data
        metadata.block_tables[request.number] = request.blocks
        if metadata.is_prompt:
            metadata.reused_blocks.extend(request.blocks[: request.reused])
        metadata.stop_tokens.update(request.sampling.stop)
        return metadata

    def update(self, output: SchedulerOutput, answers: list[Sampled]) -> list[Request]:
        """Add the tokens to the answers; return the finished requests, which leave."""
        for scheduled in output.requests:
            self.blocks.computed(scheduled.request, scheduled.chunk)
        chosen = {number: token for answer in answers for number, token in answer.tokens.items()}
        finished = []
        for scheduled in output.requests:
            request = scheduled.request
            token = chosen.get(request.number)
            if token is not None:
                request.answer.append(token)
                if len(request.answer) == request.sampling.max_tokens:
                    self.blocks.release(request)
                    finished.append(request)
        if finished:
            self.running = [request for request in self.running if request not in finished]
        return finished


@attrs.frozen
class Options:
    """What is run: `seed`, how many `requests`, how large the server is, and whether the garbage collector is off."""

    seed: int
    requests: int
    per_second: float
    blocks: int
    cached: int
    no_gc: bool


def run(options: Options, makers: Makers) -> Figures:
    """Serve the traffic once, from an empty device and a full host cache."""
    traffic = Traffic(options.seed)
    host = HostCache(options.cached)
    traffic.earlier(host)
    arriving = traffic.requests(options.requests, options.per_second)
    following = next(arriving, None)
    blocks = BlockManager(options.blocks, host)
    scheduler, model = Scheduler(blocks, makers), Model(options.seed, makers)
    answers = hashlib.sha256()
    now, tokens, most_running = 0.0, 0, 0
    seconds: list[float] = []
    gc.collect()
    if options.no_gc:
        gc.disable()
    before = [generation["collections"] for generation in gc.get_stats()]
    while following or scheduler.waiting or scheduler.running:
        if following and not scheduler.waiting and not scheduler.running:
            now = max(now, following.arrival)
        while following and following.arrival <= now:
            scheduler.waiting.append(following)
            following = next(arriving, None)
        start = time.process_time()
        output = scheduler.schedule()
        model.copy(output)
        finished = scheduler.update(output, model.execute(scheduler.metadata(output)))
        tokens += output.tokens
        del output
        seconds.append(time.process_time() - start)
        now += SECONDS_PER_STEP
        most_running = max(most_running, len(scheduler.running))
        for request in finished:
            answers.update(repr((request.number, request.answer)).encode())
    after = [generation["collections"] for generation in gc.get_stats()]
    answers.update(repr(model.checksum).encode())
    seconds.sort()
    return Figures(
        digest=answers.hexdigest()[:16],
        steps=len(seconds),
        seconds=sum(seconds),
        slowest=seconds[-1] * 1e3,
        percentile_99=seconds[-1 - len(seconds) // 100] * 1e3,
        collections=tuple(late - early for early, late in zip(before, after, strict=True)),
        each=seconds,
        did=(
            f"{len(seconds):,} steps, {tokens:,} tokens computed; at most {most_running} running at once; "
            f"{scheduler.preemptions:,} preemptions; {blocks.found:,} blocks found on the device, "
            f"{host.found:,} in the host"
        ),
        pools=[_pool_line(cls) for cls in makers.pooled_classes],
    )


def _pool_line(cls: type) -> str:
    stats = pooled.pool_of(cls).stats()
    return f"pool of {cls.__name__}: {stats.hits:,} hits, {stats.misses:,} misses, {stats.parked:,} parked"


def arguments() -> argparse.Namespace:
    """Read the command line."""
    first_line, _, rest = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(
        description=first_line, epilog=rest.strip(), formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1, help="the seed of the traffic (default: 1)")
    parser.add_argument("--requests", type=int, default=2_000, metavar="N", help="their number (default: 2000)")
    parser.add_argument("--per-second", type=float, default=60.0, metavar="N", help="their rate (default: 60)")
    parser.add_argument("--blocks", type=int, default=12_000, metavar="N", help="on the device (default: 12000)")
    parser.add_argument(
        "--cached",
        type=int,
        default=300_000,
        metavar="N",
        help="blocks of earlier chats in the host's memory, one long-lived object each (default: 300000)",
    )
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="the rounds of each way (default: 3)")
    parser.add_argument("--no-gc", action="store_true", help="without the garbage collector, both ways")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--pool", action="store_true", help="only with pools, in this process")
    only.add_argument("--no-pool", action="store_true", help="only without, in this process")
    chosen = parser.parse_args()
    least = {"requests": 1, "blocks": -(-LONGEST_REQUEST // BLOCK_TOKENS), "cached": 1, "rounds": 1}
    for name, bound in least.items():
        if getattr(chosen, name) < bound:
            parser.error(f"--{name} {getattr(chosen, name)}: expected at least {bound}")
    return chosen


def main() -> None:
    """Run the program. It exits with an error if pooling changes an answer."""
    chosen = arguments()
    options = Options(chosen.seed, chosen.requests, chosen.per_second, chosen.blocks, chosen.cached, chosen.no_gc)
    print(f"Python {sys.version.split()[0]}, engine {pooled.engine}, rounds: {chosen.rounds}")
    plain: list[Figures] = []
    with_pools: list[Figures] = []
    if chosen.pool or chosen.no_pool:
        makers = Makers(pooling=chosen.pool)
        (with_pools if chosen.pool else plain).extend(run(options, makers) for _ in range(chosen.rounds))
    else:
        plain, with_pools = in_turn(partial(run, options), chosen.rounds)
    last = (with_pools or plain)[-1]
    print(f"{options.requests:,} requests, seed {options.seed}: {last.did}")
    for name, figures in (("not pooled", plain), ("pooled", with_pools)):
        if figures:
            print_side(name, figures)
    if plain and with_pools:
        print_ratio(plain, with_pools)
    for line in last.pools:
        print(line)
    digests = {figures.digest for figures in (*plain, *with_pools)}
    print(f"digest of the answers: {', '.join(sorted(digests))}")
    if len(digests) > 1:
        sys.exit("the answers differ, and should not")


if __name__ == "__main__":
    main()

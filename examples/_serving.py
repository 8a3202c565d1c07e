"""The data of the scheduler of an inference server: requests, and the blocks of its cache.

One block keeps the attention keys and values of `BLOCK_TOKENS` tokens. The key of a full block is a hash of all tokens
up to its end. So requests with the same beginning share blocks, and later requests can reuse those of a finished one.
Blocks that are evicted from the device's memory go to a larger cache in the host's memory, as on servers with many long
chats.
"""

from __future__ import annotations

from collections import OrderedDict

import attrs

BLOCK_TOKENS = 16
VOCABULARY = 32_000


@attrs.frozen
class SamplingParams:
    """How the tokens of a request are chosen.

    Attributes:
        max_tokens: the number of tokens of the answer, which is known in recorded traffic.
        temperature: 0 chooses the most likely token.
        stop: tokens that are never part of an answer.
        bias: the values that are added to the scores of tokens.
        logprobs: how many likely tokens are reported with the chosen one.
    """

    max_tokens: int
    temperature: float
    stop: frozenset[int]
    bias: dict[int, float]
    logprobs: int


@attrs.define(eq=False)
class Request:
    """A prompt, and the answer so far.

    Attributes:
        number: its place in the traffic.
        name: its name, which the client chose.
        arrival: when it arrives, in seconds of the simulated clock.
        prompt: its tokens.
        sampling: how the tokens of its answer are chosen.
        keys: the hashes of its full blocks.
        answer: the tokens so far.
        blocks: the numbers of its blocks, in the order of its tokens.
        computed: the number of its tokens whose keys and values are in the blocks.
        reused: the number of its blocks that were found in the cache.
    """

    number: int
    name: str
    arrival: float
    prompt: list[int]
    sampling: SamplingParams
    keys: list[int] = attrs.field(factory=list)
    answer: list[int] = attrs.field(factory=list)
    blocks: list[int] = attrs.field(factory=list)
    computed: int = 0
    reused: int = 0

    @property
    def length(self) -> int:
        """The number of its tokens, prompt and answer."""
        return len(self.prompt) + len(self.answer)

    def tokens(self, start: int, end: int) -> list[int]:
        """Its tokens from `start` to `end`, prompt and answer."""
        own = len(self.prompt)
        if end <= own:
            return self.prompt[start:end]
        if start >= own:
            return self.answer[start - own : end - own]
        return self.prompt[start:] + self.answer[: end - own]

    def extend_keys(self, full_blocks: int) -> None:
        """Compute the hashes of this many blocks, whose tokens are known."""
        for block in range(len(self.keys), full_blocks):
            start = block * BLOCK_TOKENS
            tokens = tuple(self.tokens(start, start + BLOCK_TOKENS))
            self.keys.append(block_key(self.keys[-1] if self.keys else 0, tokens))


def block_key(parent: int, tokens: tuple[int, ...]) -> int:
    """The key of a block, from its tokens and all earlier ones."""
    return hash((parent, tokens))


@attrs.define(eq=False)
class Block:
    """A block of the device's memory: its users and its content (`key` 0: not usable for other requests)."""

    number: int
    users: int = 0
    key: int = 0


@attrs.define(eq=False)
class Saved:
    """A block in the host's memory: its place, and whether it was found since the clock's hand last passed it."""

    key: int
    place: int
    was_found: bool = False


class HostCache:
    """Blocks in the host's memory, by their keys. The clock algorithm evicts blocks that were not found."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.entries: list[Saved] = []
        self.by_key: dict[int, Saved] = {}
        self.found = 0
        self._hand = 0

    def put(self, key: int) -> int:
        """Store a block, and return its place in the host's memory."""
        entry = self.by_key.get(key)
        if entry is None:
            if len(self.entries) < self.size:
                entry = Saved(key, len(self.entries))
                self.entries.append(entry)
            else:
                entry = self._least_wanted()
                del self.by_key[entry.key]
                entry.key = key
            self.by_key[key] = entry
        return entry.place

    def find(self, key: int) -> int | None:
        """The place of a block, if it is there."""
        entry = self.by_key.get(key)
        if entry is None:
            return None
        entry.was_found = True
        self.found += 1
        return entry.place

    def _least_wanted(self) -> Saved:
        while True:
            entry = self.entries[self._hand]
            self._hand = (self._hand + 1) % self.size
            if not entry.was_found:
                return entry
            entry.was_found = False


class BlockManager:
    """The blocks of the device's memory: which request has which, and the reusable content of the others.

    Attributes:
        host: the cache for evicted blocks.
        loads: the copies that the next step has to make first, from a place in the host's memory to a block.
        saves: the copies before these, from a block to a place in the host's memory.
    """

    def __init__(self, size: int, host: HostCache) -> None:
        self.host = host
        self.loads: list[tuple[int, int]] = []
        self.saves: list[tuple[int, int]] = []
        self.blocks = [Block(number) for number in range(size)]
        self.free = OrderedDict.fromkeys(range(size))
        self.by_key: dict[int, int] = {}
        self.found = 0

    def adopt_prefix(self, request: Request) -> None:
        """Give a request the blocks that already have the beginning of its tokens, from the device or the host."""
        full = (request.length - 1) // BLOCK_TOKENS  # at least one token has to be computed, for its probabilities
        request.extend_keys(full)
        for key in request.keys[:full]:
            number = self.by_key.get(key)
            if number is not None:
                self._use(number)
                self.found += 1
            else:
                place = self.host.find(key) if self.free else None
                if place is None:
                    break
                number = self._take_free()
                self._name(number, key)
                self.loads.append((place, number))
            request.blocks.append(number)
        request.reused = len(request.blocks)
        request.computed = request.reused * BLOCK_TOKENS

    def room_for(self, request: Request, tokens: int) -> bool:
        """Whether there are blocks for this many more tokens of a request."""
        return -(-(request.computed + tokens) // BLOCK_TOKENS) - len(request.blocks) <= len(self.free)

    def grow(self, request: Request, tokens: int) -> list[int]:
        """Give a request the blocks for this many more tokens; return the numbers of the new blocks."""
        wanted = -(-(request.computed + tokens) // BLOCK_TOKENS) - len(request.blocks)
        new = [self._take_free() for _ in range(wanted)]
        request.blocks += new
        return new

    def computed(self, request: Request, tokens: int) -> None:
        """Record that this many more tokens of a request are computed: other requests can use its full blocks."""
        before = request.computed // BLOCK_TOKENS
        request.computed += tokens
        after = request.computed // BLOCK_TOKENS
        if after > before:
            request.extend_keys(after)
            for block in range(before, after):
                if request.keys[block] not in self.by_key:
                    self._name(request.blocks[block], request.keys[block])

    def release(self, request: Request) -> None:
        """Take back the blocks of a request, the last first, because other requests need the beginnings."""
        for number in reversed(request.blocks):
            block = self.blocks[number]
            block.users -= 1
            if not block.users:
                self.free[number] = None
        request.blocks.clear()
        request.computed = request.reused = 0

    def _use(self, number: int) -> None:
        block = self.blocks[number]
        if not block.users:
            del self.free[number]
        block.users += 1

    def _take_free(self) -> int:
        number, _ = self.free.popitem(last=False)
        block = self.blocks[number]
        if block.key:
            del self.by_key[block.key]
            self.saves.append((number, self.host.put(block.key)))
            block.key = 0
        block.users = 1
        return number

    def _name(self, number: int, key: int) -> None:
        self.blocks[number].key = key
        self.by_key[key] = number

"""Requests to an inference server, generated from a seed like recorded traffic."""

from __future__ import annotations

import random
from array import array
from collections.abc import Iterator

from _serving import BLOCK_TOKENS, VOCABULARY, HostCache, Request, SamplingParams, block_key

LONGEST_REQUEST = 9_000
"""No request of the traffic has more tokens, prompt and answer."""


class Traffic:
    """Chats like those of recorded traffic: bursts, log-normal lengths, prompts with the same beginnings."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 (no secret)
        self._tokens = list(range(1, VOCABULARY))
        self._systems = [self._text(500, 0.8, 4_000) for _ in range(40)]
        self._weights = [1 / rank for rank in range(1, len(self._systems) + 1)]
        self._chats: list[array[int]] = []  # the clients' memory, not the server's: nothing for the collector to visit

    def earlier(self, cache: HostCache) -> None:
        """Fill the cache with the blocks of earlier chats. Some of these chats continue later."""
        while len(cache.entries) < cache.size:
            chat = self._beginning() + self._text(1_500, 1.0, 16_000)
            self._chats.append(array("H", chat[:6_000]))
            key = 0
            for start in range(0, len(chat) - BLOCK_TOKENS + 1, BLOCK_TOKENS):
                key = block_key(key, tuple(chat[start : start + BLOCK_TOKENS]))
                cache.put(key)

    def requests(self, count: int, per_second: float) -> Iterator[Request]:
        """Generate this many requests, in the order in which they arrive."""
        draw, now = self._random, 0.0
        for number in range(count):
            now += draw.gammavariate(0.25, 4 / per_second)
            goes_on = self._chats and draw.random() < 0.3
            beginning = draw.choice(self._chats).tolist() if goes_on else self._beginning()
            sampling = SamplingParams(
                max_tokens=min(1 + int(draw.lognormvariate(5.0, 0.8)), 1_000),
                temperature=draw.choice((0.0, 0.7, 1.0)),
                stop=frozenset((0, draw.randrange(VOCABULARY))),
                bias={draw.randrange(VOCABULARY): -1.0} if draw.random() < 0.1 else {},
                logprobs=draw.choice((0, 0, 0, 5)),
            )
            prompt = beginning + self._text(120, 1.0, 2_000)
            yield Request(number, f"chat-{number}", now, prompt, sampling)

    def _beginning(self) -> list[int]:
        return self._random.choices(self._systems, self._weights)[0]

    def _text(self, median: int, spread: float, most: int) -> list[int]:
        length = min(1 + int(median * self._random.lognormvariate(0, spread)), most)
        return self._random.choices(self._tokens, k=length)

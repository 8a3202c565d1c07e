"""A substitute for the language model: it reads all of its input, as a real model has to, and draws random tokens."""

from __future__ import annotations

import random

from _metadata import Makers, ModelInput, RequestMetadata, Sampled, SchedulerOutput, ToSample
from _serving import BLOCK_TOKENS, VOCABULARY


class Model:
    """Lays out the inputs of a step as a real one has to, and draws tokens instead of computing them."""

    def __init__(self, seed: int, makers: Makers) -> None:
        self.checksum = 0
        self._random = random.Random(seed)  # noqa: S311 (no secret)
        self._make = makers

    def copy(self, output: SchedulerOutput) -> None:
        """Copy blocks between the memories, as a real model has to before it computes."""
        self.checksum = hash((self.checksum, tuple(output.saves), tuple(output.loads)))

    def execute(self, requests: list[RequestMetadata]) -> list[Sampled]:
        """Run one step, and return the new tokens of the requests."""
        inputs = [self._input_of(metadata) for metadata in requests]
        tokens: list[int] = []
        positions: list[int] = []
        slots: list[int] = []
        block_tables: list[list[int]] = []
        ends: list[int] = []
        for given in inputs:
            tokens += given.tokens
            positions += given.positions
            slots += given.slots
            block_tables.append(given.block_table)
            ends.append(len(tokens))
        self._compute(tokens, positions, slots, block_tables)
        to_sample = [
            self._to_sample(metadata, end) for metadata, end in zip(requests, ends, strict=True) if metadata.do_sample
        ]
        return [self._sample(each) for each in to_sample]

    def _input_of(self, metadata: RequestMetadata) -> ModelInput:
        given = self._make.model_input(name=metadata.name, is_prompt=metadata.is_prompt)
        for number, data in metadata.sequences.items():
            start, end = data.computed, data.computed + metadata.chunk
            blocks = metadata.block_tables[number]
            given.sequences.append(number)
            given.tokens.extend(data.tokens)
            given.positions.extend(range(start, end))
            given.slots.extend([blocks[i // BLOCK_TOKENS] * BLOCK_TOKENS + i % BLOCK_TOKENS for i in range(start, end)])
            given.block_table.extend(blocks)
            given.lengths.append(data.length)
        if metadata.adapter is not None:
            given.adapters.add(metadata.adapter)
        given.multi_modal.update(metadata.multi_modal)
        return given

    def _compute(self, tokens: list[int], positions: list[int], slots: list[int], blocks: list[list[int]]) -> None:
        """A real model computes here, on another device; this one only records that it read everything."""
        self.checksum = hash((self.checksum, sum(tokens), sum(positions), sum(slots), sum(map(len, blocks))))

    def _to_sample(self, metadata: RequestMetadata, end: int) -> ToSample:
        chosen = self._make.to_sample(name=metadata.name, sampling=metadata.sampling)
        chosen.sequences.extend(metadata.sequences)
        chosen.rows.append(end - 1)
        chosen.barred.update(metadata.stop_tokens)
        chosen.bias.update(metadata.sampling.bias)
        return chosen

    def _sample(self, wanted: ToSample) -> Sampled:
        answer = self._make.sampled(name=wanted.name)
        for number in wanted.sequences:
            token = int(self._random.random() * VOCABULARY)
            while token in wanted.barred:
                token = int(self._random.random() * VOCABULARY)
            answer.tokens[number] = token
            answer.logprobs[token] = wanted.bias.get(token, 0.0) - 1
            for rank in range(wanted.sampling.logprobs):
                answer.logprobs[(token + rank) % VOCABULARY] = -2.0 - rank
        return answer

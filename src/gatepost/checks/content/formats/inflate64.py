"""Deflate64, the method 9 of zip, which Windows opens and no library at hand does.

It is deflate (RFC 1951) with a window of 64 KiB, lengths up to 65,538 and two more codes of distance. This is plain
Python and slow, so what one stream may cost is counted in symbols.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from gatepost.checks.content.formats.format import ExhaustedError
from gatepost.checks.content.formats.streams import PIECE, Opener

_WINDOW: Final = 1 << 16
_MAX_SYMBOLS: Final = 3_000_000
"""Symbols of one stream, those of its tables too; a few seconds."""
_LONGEST: Final = 15
_END: Final = 256
_LAST_LENGTH: Final = 285

# Length codes 257-285 and distance codes 0-31: how many bits more, and from where they count.
_LENGTH_BITS: Final = (*(0,) * 8, *(n for n in range(1, 6) for _ in range(4)), 16)
_LENGTHS: Final = (*range(3, 11), *(3 + (4 + k << n) for n in range(1, 6) for k in range(4)), 3)
_DISTANCE_BITS: Final = (0, 0, *(n for n in range(15) for _ in range(2)))
_DISTANCES: Final = (1, 2, *(1 + (2 + k << n) for n in range(15) for k in range(2)))
_ORDER: Final = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)

_Code = tuple[list[int], list[int]]
"""A canonical Huffman code: how many codes there are of each length, and their symbols in order."""


def deflate64(octets: bytes, start: int = 0) -> Opener:
    """Open a bare Deflate64 stream."""
    return lambda: _Stream(octets, start)


class _Stream:
    """The bits of a stream, and the octets that they make."""

    def __init__(self, octets: bytes, start: int) -> None:
        self._octets = octets
        self._start = self._at = start
        self._held = 0
        self._count = 0
        self._symbols = 0
        self._made = bytearray()
        self._given = 0
        self._blocks = self._run()

    def read(self, most: int) -> bytes:
        while self._given == len(self._made):
            if next(self._blocks, None) is None:
                break
        piece = bytes(self._made[self._given : self._given + most])
        self._given += len(piece)
        if self._given == len(self._made) > 2 * _WINDOW:
            del self._made[:-_WINDOW]
            self._given = len(self._made)
        return piece

    @property
    def used(self) -> int:
        return self._at - self._count // 8 - self._start

    def _bits(self, count: int) -> int:
        while self._count < count:
            if self._at >= len(self._octets):
                raise EOFError("it is cut off")
            self._held |= self._octets[self._at] << self._count
            self._at += 1
            self._count += 8
        bits = self._held & ((1 << count) - 1)
        self._held >>= count
        self._count -= count
        return bits

    def _symbol(self, code: _Code) -> int:
        self._symbols += 1
        if self._symbols > _MAX_SYMBOLS:
            raise ExhaustedError("more of the method Deflate64 than is unpacked here")
        counts, symbols = code
        value = first = index = 0
        for length in range(1, _LONGEST + 1):
            value |= self._bits(1)
            count = counts[length]
            if value - count < first:
                return symbols[index + value - first]
            index += count
            first = (first + count) << 1
            value <<= 1
        raise ValueError("a code that there is none")

    def _run(self) -> Iterator[bool]:
        """Unpack; stop wherever there is something to give. What is cut off in a block is given before it raises."""
        last = 0
        while not last:
            last = self._bits(1)
            match self._bits(2):
                case 0:
                    yield from self._stored()
                case 1:
                    yield from self._coded(_FIXED, _FIXED_DISTANCES)
                case 2:
                    yield from self._coded(*self._codes())
                case _:
                    raise ValueError("a block of a kind that there is none")
        if self._given < len(self._made):
            yield True

    def _stored(self) -> Iterator[bool]:
        self._bits(self._count & 7)
        size, inverse = self._bits(16), self._bits(16)
        if size != inverse ^ 0xFFFF:
            raise ValueError("a stored block without its length")
        self._symbols += 1
        begin = self._at - self._count // 8
        self._made += self._octets[begin : begin + size]
        self._held = self._count = 0
        self._at = begin + size
        yield True
        if self._at > len(self._octets):
            raise EOFError("it is cut off")

    def _codes(self) -> tuple[_Code, _Code]:
        literals, distances, orders = self._bits(5) + 257, self._bits(5) + 1, self._bits(4) + 4
        of_lengths = [0] * 19
        for place in _ORDER[:orders]:
            of_lengths[place] = self._bits(3)
        code = _code(of_lengths)
        lengths: list[int] = []
        while len(lengths) < literals + distances:
            symbol = self._symbol(code)
            if symbol < 16:
                lengths.append(symbol)
            elif symbol == 16:
                if not lengths:
                    raise ValueError("a repetition of nothing")
                lengths += [lengths[-1]] * (3 + self._bits(2))
            else:
                lengths += [0] * (3 + self._bits(3) if symbol == 17 else 11 + self._bits(7))
        return _code(lengths[:literals]), _code(lengths[literals : literals + distances])

    def _coded(self, literals: _Code, distances: _Code) -> Iterator[bool]:
        try:
            while (symbol := self._symbol(literals)) != _END:
                if symbol < _END:
                    self._made.append(symbol)
                else:
                    self._copy(symbol, distances)
                if len(self._made) - self._given >= PIECE:
                    yield True
        except (EOFError, ValueError):
            yield True
            raise

    def _copy(self, symbol: int, distances: _Code) -> None:
        if symbol > _LAST_LENGTH:
            raise ValueError("a length that there is none")
        made = self._made
        length = _LENGTHS[symbol - 257] + self._bits(_LENGTH_BITS[symbol - 257])
        code = self._symbol(distances)
        distance = _DISTANCES[code] + self._bits(_DISTANCE_BITS[code])
        if distance > len(made):
            raise ValueError("a distance beyond the beginning")
        source = made[-distance : len(made) - distance + length if length < distance else None]
        made += (source * (length // len(source) + 1))[:length]


def _code(lengths: Sequence[int]) -> _Code:
    counts = [0] * (_LONGEST + 1)
    for length in lengths:
        counts[length] += 1
    counts[0] = 0
    left = 1
    for count in counts[1:]:
        left = (left << 1) - count
        if left < 0:
            raise ValueError("a table of codes that cannot be")
    return counts, [s for _, s in sorted((length, symbol) for symbol, length in enumerate(lengths) if length)]


_FIXED: Final = _code([8] * 144 + [9] * 112 + [7] * 24 + [8] * 8)
_FIXED_DISTANCES: Final = _code([5] * 32)

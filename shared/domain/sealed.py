"""Text about a person that is stored sealed: under a key that is theirs alone, and gone for ever with that key.

A rule makes a `Sealed` part of plain text, and it can be read until the aggregate is about to be saved. Rebuilt from
storage it is closed: commands and reactions carry it along unopened, and only a view has it opened, by the vault. So
what a command answers, which is kept to answer a repetition, can't repeat it.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any, Generic, Self, TypeVar, get_args, get_origin

from pydantic import BaseModel, GetCoreSchemaHandler, PlainSerializer, WrapValidator

from shared.domain.aggregate import Value

T = TypeVar("T", bound=Value)


class NotOpen(Exception):
    """Sealed text was read where nobody opened it: a mistake in the code, never in what somebody sent."""


class Sealed(Generic[T]):
    """Text of type `T`. Equal to another with the same sealed bytes or, before either is sealed, the same text."""

    __slots__ = ("_bytes", "_kind", "_shut", "_text")

    def __init__(self, kind: type[T], *, text: T | None = None, sealed: bytes | None = None) -> None:
        self._kind = kind
        self._text = text
        self._bytes = sealed
        self._shut = sealed is not None

    @classmethod
    def of(cls, text: T) -> Self:
        """Text that a rule was given just now."""
        return cls(type(text), text=text)

    def read(self) -> T | None:
        """The text; None where its key is gone, and it with it.

        Raises:
            NotOpen: it is closed.
        """
        if self._shut:
            raise NotOpen(f"this {self._kind.__name__} is sealed; have the vault open it first")
        return self._text

    @property
    def closed(self) -> bool:
        """Would reading it be a mistake?"""
        return self._shut

    @property
    def erased(self) -> bool:
        """Was it opened, and found to be gone?"""
        return not self._shut and self._text is None

    @property
    def sealed(self) -> bytes | None:
        """What is stored; None before it is sealed for the first time."""
        return self._bytes

    def shut(self) -> None:
        """It is about to be saved: only whoever seals it reads it from here on."""
        self._shut = True

    def to_seal(self) -> Mapping[str, Any]:
        """The plain text, for whoever seals it."""
        assert self._text is not None, "only what was never stored is still to be sealed"
        return self._text.model_dump(mode="python")

    def seal(self, sealed: bytes | None) -> None:
        """These bytes are to be stored; None takes them back, when they could not be: then a rule may run again."""
        self._bytes = sealed
        self._shut = sealed is not None

    def opened(self, text: Mapping[str, Any] | None) -> None:
        """What it says, from whoever opened it; None where its key is gone."""
        self._text = None if text is None else self._kind.model_validate(text)
        self._shut = False

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sealed):
            return NotImplemented
        if self._bytes is None and other._bytes is None:
            return bool(self._text == other._text)
        return self._bytes == other._bytes

    __hash__ = None  # type: ignore[assignment]  # It changes when it is sealed.

    def __repr__(self) -> str:
        return f"Sealed[{self._kind.__name__}]"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> Any:
        (kind,) = get_args(source)

        def made(value: object, check: Any) -> Sealed[Any]:
            if isinstance(value, Sealed):
                return value
            if isinstance(value, bytes):
                return cls(kind, sealed=value)
            return cls(kind, text=check(value))  # As it was stored before it was ever sealed.

        return handler.generate_schema(
            Annotated[kind, WrapValidator(made), PlainSerializer(_stored, when_used="always")]
        )


def _stored(part: Sealed[Any]) -> Any:
    """What a document holds. What is not sealed yet stays as it is: no store takes it, should it be forgotten."""
    return part if part.sealed is None else part.sealed


def sealed_parts(model: BaseModel) -> Iterator[Sealed[Any]]:
    """Every sealed part of an aggregate or value; costs next to nothing where its class has none."""
    for name in _fields_with_some(type(model)):
        yield from _within(getattr(model, name))


def _within(value: object) -> Iterator[Sealed[Any]]:
    if isinstance(value, Sealed):
        yield value
    elif isinstance(value, BaseModel):
        yield from sealed_parts(value)
    elif isinstance(value, Mapping):
        yield from _within([*value.values()])
    elif isinstance(value, tuple | list):
        for one in value:
            yield from _within(one)


@cache
def _fields_with_some(kind: type[BaseModel]) -> tuple[str, ...]:
    return tuple(name for name, field in kind.model_fields.items() if _has_some(field.annotation))


def _has_some(annotation: object) -> bool:
    if get_origin(annotation) is Sealed:
        return True
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return bool(_fields_with_some(annotation))
    return any(_has_some(one) for one in get_args(annotation))

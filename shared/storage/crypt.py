"""What MongoDB's libmongocrypt does for us: client-side field-level encryption in explicit mode, without any I/O.

A key is the document that MongoDB's own tools keep in a key vault; what is sealed is `Binary` of subtype 6 as they
write it. The library is loaded when the first key is used, and not when a process starts.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bson import decode, encode
from bson.binary import UUID_SUBTYPE, Binary

from shared.storage.blocking import Document

ALGORITHM = "AEAD_AES_256_CBC_HMAC_SHA_512-Random"
_KEY_ID = slice(1, 17)
"""Where sealed bytes name their key: behind one byte for the algorithm."""


def name_of(master: bytes) -> str:
    """What a key document calls the master key that wraps it; tells nothing about the master key itself."""
    return f"local:{hashlib.sha256(master).hexdigest()[:12]}"


def key_id(person: str) -> Binary:
    """The id of a person's key: always the same, so that there can never be two."""
    return Binary(hashlib.sha256(f"peerpath-key\x1f{person}".encode()).digest()[:16], UUID_SUBTYPE)


def key_of(sealed: bytes) -> Binary:
    """The id of the key by which these bytes were sealed."""
    return Binary(sealed[_KEY_ID], UUID_SUBTYPE)


class Crypt:
    """Makes and uses data keys under the current master key, and uses those under the one before."""

    def __init__(self, master: bytes, before: bytes | None = None) -> None:
        self._current = name_of(master)
        self._masters = {name_of(one): one for one in (master, before) if one is not None}
        self._keys = _KeysAtHand()
        self._library: Any = None

    @property
    def current(self) -> str:
        """The name of the master key that wraps new keys."""
        return self._current

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the master keys there are."""
        return tuple(self._masters)

    @property
    def loaded(self) -> bool:
        """Is the library there?"""
        return self._library is not None

    def load(self) -> None:
        """Load the library, which takes a while; does nothing the second time."""
        if self._library is not None:
            return
        from pymongocrypt.mongocrypt import MongoCryptOptions
        from pymongocrypt.synchronous.explicit_encrypter import ExplicitEncrypter
        from pymongocrypt.synchronous.state_machine import MongoCryptCallback

        MongoCryptCallback.register(_KeysAtHand)
        masters = {name: {"key": master} for name, master in self._masters.items()}
        self._library = ExplicitEncrypter(self._keys, MongoCryptOptions(masters))

    def new_key(self, person: str) -> Document:
        """A key for a person, wrapped."""
        made = decode(self._library.create_data_key(self._current, key_alt_names=[person]))
        return {**made, "_id": key_id(person)}

    def seal(self, key: Document, text: Mapping[str, Any]) -> Binary:
        """A text under a key."""
        self._keys.use([key])
        value = encode({"v": text})
        sealed = decode(self._library.encrypt(value, ALGORITHM, key_id=bytes(key["_id"])))
        return Binary(sealed["v"], sealed["v"].subtype)

    def open(self, key: Document, sealed: bytes) -> Mapping[str, Any]:
        """The text that was sealed under this key."""
        self._keys.use([key])
        text: Mapping[str, Any] = decode(self._library.decrypt(encode({"v": sealed})))["v"]
        return text

    def rewrap(self, keys: Sequence[Document]) -> list[Document]:
        """The same keys, wrapped by the current master key: `_id`, `keyMaterial` and `masterKey` of each."""
        self._keys.use(keys)
        wrapped = self._library.rewrap_many_data_key({}, self._current, None)
        return [*decode(wrapped)["v"]]


class _KeysAtHand:
    """What the library asks for: it is handed the keys that are about to be used, and never looks for any."""

    def __init__(self) -> None:
        self._keys: Sequence[Document] = ()

    def use(self, keys: Sequence[Document]) -> None:
        self._keys = keys

    def fetch_keys(self, _: bytes) -> Iterator[bytes]:
        return (encode(key) for key in self._keys)

    def insert_data_key(self, made: bytes) -> bytes:
        return made  # Whoever asked for it saves it with what it seals.

    def bson_encode(self, document: Mapping[str, Any]) -> bytes:
        return encode(document)

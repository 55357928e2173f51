"""What can go wrong with storage.

StorageError
├── Stale               somebody else saved first; decide again from fresh state
├── AlreadyThere        a unique value is taken; names the collection and the index
├── Refused             the database will never take this, such as a document its validator rejects
├── Unavailable         the database can't be reached or has no primary; try again later
└── Overloaded          others wait to be saved for too long already; nothing was saved, try again later
"""


class StorageError(Exception):
    """Base of all storage errors; never raised itself."""


class Stale(StorageError):
    """A guarded write matched nothing: the document has another version by now."""


class AlreadyThere(StorageError):
    """A unique index refused a document."""

    def __init__(self, collection: str, index: str) -> None:
        super().__init__(f"{collection}: a document with the same {index} is already there")
        self.collection = collection
        self.index = index


class Refused(StorageError):
    """The database won't take a write, however often it is tried. Says why by MongoDB's code, without the data."""

    def __init__(self, collection: str, code: int | None) -> None:
        why = f"MongoDB error code {code}" if code is not None else "it can't be encoded, or is too large"
        super().__init__(f"{collection}: the database refuses a write ({why})")


class Unavailable(StorageError):
    """The database did not answer; nothing is known to be saved, and trying again is safe."""


class Overloaded(StorageError):
    """A change did not get its turn in the time it had; it was not saved."""


def for_one_of_many(problem: BaseException) -> BaseException:
    """What to raise to one of several callers that share a problem.

    One exception object per caller, or their tracebacks would grow into each other.
    """
    return Unavailable(str(problem)) if isinstance(problem, StorageError) else problem

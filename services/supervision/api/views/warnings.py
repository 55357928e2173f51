"""A second look that is worth taking; nothing was refused."""

from pydantic import BaseModel

from services.supervision.domain.client_names import names_in
from services.supervision.domain.practice import Practice

TAKE_OUT = "please take clients' names out by sending the text again to this session's notes."
LEAVE_OUT = "please name no client here. If this does, ask a coordinator of the site what to do about it."


class Warn(BaseModel):
    """Something worth a second look."""

    code: str
    message: str


def warnings_about(text: str, practice: Practice, *, remedy: str) -> list[Warn]:
    """A warning when the text looks as if it named a client. It counts the words, it doesn't repeat them."""
    names = names_in(text, not_names=practice.not_names)
    if not names:
        return []
    looks = "words look" if len(names) > 1 else "word looks"
    message = f"{len(names)} {looks} like a person's name. The text is saved; {remedy}"
    return [Warn(code="note_may_name_client", message=message)]

"""How an application came in when the person did not send it themself."""

from typing import Annotated

from pydantic import AfterValidator, Field

from services.recruitment.domain.person import readable
from shared.contracts.envelope import Id
from shared.domain.aggregate import Value

ExternalId = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(readable)]
"""What another system calls an applicant."""


class Entered(Value):
    """Who entered it: by hand, or in a file with many others, which may say what its own system calls each."""

    by: Id
    imported_in: Id | None = None
    external_id: ExternalId | None = None

"""The texts people agree to: data, each in versions that come into force at a time."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Self

from pydantic import Field, model_validator

from shared.contracts.envelope import Code, Moment
from shared.domain.aggregate import Value
from shared.domain.errors import Invalid

GRACE = timedelta(days=1)
"""How long a version that was just replaced is still taken: somebody may have the form open."""

CONTACT_REFEREES = "contact_referees"
"""The consent without which nobody writes to the people an applicant named."""


class Consent(Value):
    """What somebody agreed to: which text, in which version, when; and when they took it back, if they did."""

    code: Code
    version: str = Field(min_length=1, max_length=40)
    given: Moment
    withdrawn: Moment | None = None


class ConsentText(Value):
    """One text in one language."""

    title: str = Field(min_length=1)
    text: str = Field(min_length=1)


class ConsentVersion(Value):
    """One version of a text."""

    version: str = Field(min_length=1, max_length=40)
    effective_from: Moment
    texts: dict[Code, ConsentText] = Field(min_length=1)


class Terms(Value):
    """One thing to agree to, in all its versions, oldest first."""

    code: Code
    required: bool
    versions: tuple[ConsentVersion, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        times = [one.effective_from for one in self.versions]
        if times != sorted(set(times)) or len({one.version for one in self.versions}) != len(times):
            raise ValueError(f"consent {self.code}: versions have names and times of their own, oldest first")
        return self

    def in_force(self, now: datetime) -> ConsentVersion | None:
        """The version that counts now; None before the first does."""
        begun = [one for one in self.versions if one.effective_from <= now]
        return begun[-1] if begun else None

    def accepts(self, version: str, now: datetime) -> bool:
        """Is it the version in force, or one that was until a moment ago?"""
        counting = (self.in_force(now), self.in_force(now - GRACE))
        return any(one is not None and one.version == version for one in counting)


class Consents(Value):
    """Everything there is to agree to."""

    consents: tuple[Terms, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        codes = [one.code for one in self.consents]
        if len(set(codes)) != len(codes):
            raise ValueError("each consent has a code of its own")
        return self

    @property
    def by_code(self) -> Mapping[str, Terms]:
        """All of them, by their codes."""
        return {one.code: one for one in self.consents}

    def must_be_known(self, code: str) -> Terms:
        """The terms of this code. Raises Invalid `consent_unknown`."""
        terms = self.by_code.get(code)
        if terms is None:
            raise Invalid("consent_unknown", f"There is no consent {code}; see GET /v1/consents.")
        return terms

    def must_accept(self, code: str, version: str, *, now: datetime) -> None:
        """May somebody agree to this version now?

        Raises:
            Invalid: `consent_unknown` or `consent_not_in_force`, with the version that is.
        """
        terms = self.must_be_known(code)
        if not terms.accepts(version, now):
            current = terms.in_force(now)
            raise Invalid(
                "consent_not_in_force",
                f"Version {version} of {code} is not in force; read the present one and agree to that.",
                consent=code,
                version=current.version if current else None,
            )

    def must_be_given(self, given: Iterable[Consent], *, now: datetime) -> None:
        """Is everything given that is needed, and each in a version that counted when it was?

        Raises:
            Invalid: `consent_missing` with the codes, `consent_unknown` or `consent_not_in_force`.
        """
        codes = set()
        for consent in given:
            self.must_accept(consent.code, consent.version, now=consent.given)
            codes.add(consent.code)
        needed = [one.code for one in self.consents if one.required and one.in_force(now)]
        if missing := [code for code in needed if code not in codes]:
            raise Invalid(
                "consent_missing",
                f"An application can't be handled without the consent {', '.join(missing)}; "
                "read it and agree to it, or ask the site about it.",
                missing=missing,
            )

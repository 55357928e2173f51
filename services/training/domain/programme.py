"""A programme: the versioned rules a person is trained and certified under, as data."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Self

from pydantic import Field, model_validator

from services.training.domain.assessment import Assessment, PracticalAssessment, WrittenAssessment
from services.training.domain.certification import CertificationRule
from services.training.domain.figures import must_hold
from services.training.domain.module import Module
from services.training.domain.wording import listed, repeated
from shared.contracts.envelope import Code, Moment
from shared.domain.aggregate import Value
from shared.domain.errors import NotFound


class Programme(Value):
    """One version of a programme. Modules stand in an order in which they can be taken."""

    code: Code
    version: int = Field(ge=1)
    title: str = Field(min_length=1)
    effective_from: Moment
    modules: tuple[Module, ...] = Field(min_length=1)
    assessments: tuple[Assessment, ...] = ()
    certification: CertificationRule

    @model_validator(mode="after")
    def _every_name_is_known(self) -> Self:
        modules = [module.code for module in self.modules]
        must_hold(
            (
                *_twice("modules", modules),
                *_twice("assessments", [assessment.code for assessment in self.assessments]),
                *_out_of_order(self.modules),
                *(problem for one in self.assessments for problem in _strange_in(one, modules)),
                *_strange("certification.required_modules", self.certification.required_modules, modules),
                *_empty_buckets(self),
            )
        )
        return self

    def module(self, code: str) -> Module:
        """Raises NotFound `module_unknown`, listing the modules there are."""
        for module in self.modules:
            if module.code == code:
                return module
        there = listed(module.code for module in self.modules)
        raise NotFound("module_unknown", f"{self.title} has no module {code!r}. It has {there}.")

    def assessment(self, code: str) -> WrittenAssessment | PracticalAssessment:
        """Raises NotFound `assessment_unknown`, listing the assessments there are."""
        for assessment in self.assessments:
            if assessment.code == code:
                return assessment
        there = listed(assessment.code for assessment in self.assessments)
        raise NotFound("assessment_unknown", f"{self.title} has no assessment {code!r}. It has {there}.")

    def written(self, code: str) -> WrittenAssessment:
        """Raises NotFound `assessment_unknown` or `assessment_not_written`."""
        found = self.assessment(code)
        if isinstance(found, WrittenAssessment):
            return found
        raise NotFound(
            "assessment_not_written", f"{found.title} has no questions; an assessor enters its result."
        )

    def practical(self, code: str) -> PracticalAssessment:
        """Raises NotFound `assessment_unknown` or `assessment_not_practical`."""
        found = self.assessment(code)
        if isinstance(found, PracticalAssessment):
            return found
        raise NotFound(
            "assessment_not_practical", f"{found.title} has no rubric; the person answers its questions."
        )

    def titles(self, modules: Iterable[str]) -> str:
        """The modules' titles, listed for a sentence."""
        return listed(self.module(code).title for code in modules)


class Offered(Value):
    """Versions of one programme of a site, with the sites that may enrol people into it."""

    versions: tuple[Programme, ...]
    sites: frozenset[str]


class Programmes:
    """Every programme there is, in every version: those that ship are for all sites, others for some."""

    def __init__(self, shipped: Sequence[Programme], offered: Sequence[Offered] = ()) -> None:
        everything = [*shipped, *(one for some in offered for one in some.versions)]
        must_hold(_twice("programmes", [f"{one.code} version {one.version}" for one in everything]))
        self.shipped = shipped
        self._offered = offered
        self._versions = {(one.code, one.version): one for one in everything}
        self._sites = {one.code: some.sites for some in offered for one in some.versions}

    def also(self, *offered: Offered) -> "Programmes":
        """These, and those of sites."""
        return Programmes(self.shipped, (*self._offered, *offered))

    def ships(self, code: str) -> bool:
        """Is this one of those that every site has?"""
        return any(programme.code == code for programme in self.shipped)

    def is_open_to(self, site: str, code: str) -> bool:
        """May this site enrol people into it?"""
        return code not in self._sites or site in self._sites[code]

    def has(self, code: str, version: int) -> bool:
        """Is there this version?"""
        return (code, version) in self._versions

    @property
    def codes(self) -> frozenset[str]:
        """Every programme's code, in force or not."""
        return frozenset(code for code, _ in self._versions)

    def version(self, code: str, version: int) -> Programme:
        """The rules an enrolment began with. Raises NotFound `programme_unknown`."""
        found = self._versions.get((code, version))
        if found is None:
            raise NotFound("programme_unknown", f"There is no programme {code!r} in version {version} here.")
        return found

    def find(self, code: str, *, version: int | None, now: datetime) -> Programme:
        """One version, or the one in force. Raises NotFound `programme_unknown`."""
        return self.current(code, now=now) if version is None else self.version(code, version)

    def current(self, code: str, *, now: datetime, site: str | None = None) -> Programme:
        """The version in force, which new enrolments (at `site`) begin with. Raises NotFound `programme_unknown`."""
        for programme in self.all_current(now=now):
            if programme.code == code and (site is None or self.is_open_to(site, code)):
                return programme
        at = f" at {site}" if site else ""
        raise NotFound(
            "programme_unknown",
            f"There is no programme {code!r} in force{at}. Publish it or have it shared, or correct the code.",
        )

    def all_current(self, *, now: datetime) -> tuple[Programme, ...]:
        """Each programme in the version in force, by code."""
        in_force = (programme for _, programme in sorted(self._versions.items()))
        latest = {programme.code: programme for programme in in_force if programme.effective_from <= now}
        return tuple(latest.values())


def _twice(place: str, names: Iterable[str]) -> Iterator[str]:
    if twice := repeated(names):
        yield f"{place}: {listed(twice)} is there twice; give each its own code"


def _strange(place: str, names: Iterable[str], there: Sequence[str], remedy: str = "") -> Iterator[str]:
    if unknown := sorted(set(names) - set(there)):
        remedy = remedy or f"choose from {listed(there)}"
        yield f"{place}: {listed(unknown)} is no module known here; {remedy}"


def _out_of_order(modules: Sequence[Module]) -> Iterator[str]:
    before: list[str] = []
    for module in modules:
        place = f"modules.{module.code}.requires"
        yield from _strange(place, module.requires, before, "list it before this one")
        before.append(module.code)


def _strange_in(assessment: WrittenAssessment | PracticalAssessment, modules: Sequence[str]) -> Iterator[str]:
    at = f"assessments.{assessment.code}"
    yield from _strange(f"{at}.requires", assessment.requires, modules)
    if isinstance(assessment, WrittenAssessment):
        yield from _strange(f"{at}.questions", (one.module for one in assessment.questions), modules)


def _empty_buckets(programme: Programme) -> Iterator[str]:
    there = {module.bucket for module in programme.modules}
    for bucket in programme.certification.training_buckets:
        if bucket.bucket not in there:
            yield (
                f"certification.training_buckets: no module's hours are of {bucket.bucket}; "
                "name it as some module's bucket, or correct the code"
            )

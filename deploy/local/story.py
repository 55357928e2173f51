"""One person's way from application to certificate, each act by whoever does it, through the public API.

One thing is read from the repository: the right answers of the written assessment, from training's question bank.

Every act has an Idempotency-Key of its own and a body that depends on nothing but the story, so a story that
was interrupted is told again from its beginning and goes on where it stopped.
"""

from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from deploy.local.cast import Cast
from deploy.local.people import Answer, Caller, Profile, StoryBroken, Town, until

PROGRAMME = "core"
CHECKS = ("references", "background_check")
HOURS_A_DAY = 6
WORKDAYS = 10
"""Ten days of six hours are the 60 hours of the core programme."""

_BANK = Path(__file__).resolve().parents[2] / "services/training/domain/data/core.yaml"


class Story:
    """What `mentor` and the staff in `cast` do. `key` begins every Idempotency-Key, `began` is the story's day."""

    def __init__(self, town: Town, cast: Cast, mentor: Profile, *, key: str, began: datetime) -> None:
        self.town = town
        self.cast = cast
        self.mentor = mentor
        self._key = key
        self._began = began
        self.candidate = ""
        self.enrolment = ""
        self.placement = ""

    def key(self, act: str) -> str:
        """The Idempotency-Key of one act."""
        return f"{self._key}-{act}"

    async def me(self) -> Caller:
        """The mentor, signed in."""
        return await self.town.as_(self.mentor)

    async def apply(self) -> None:
        """The application; whoever has no id yet applies without an account and is given one for it."""
        caller = await self.me() if self.mentor.id else self.town.nobody()
        form = {
            "name": self.mentor.name,
            "email": self.mentor.email,
            "language": self.mentor.language,
            "time_zone": self.town.time_zone,
            "site": self.mentor.site,
            "programme": PROGRAMME,
            "lived_experience": True,
            "statement": "I would like to give back what peers gave to me.",
            "consents": [{"code": "data_processing", "version": "1"}],
            "references": [
                {"name": "Robin Reference", "email": "robin@references.example"},
                {"name": "Remi Reference", "email": "remi@references.example"},
            ],
        }
        answer = await caller.post("recruitment", "/v1/applications", form, key=self.key("apply"))
        received = answer if self.mentor.id else await self._found_by_the_coordinator()
        self.mentor = self.mentor.signed_up(received["person"])
        self.candidate = received["candidate"]

    async def _found_by_the_coordinator(self) -> Answer:
        """The application as the coordinator finds it: the answer without an account names nobody."""
        coordinator = await self.town.as_(self.cast.coordinator)
        query = {"site": self.mentor.site, "stage": "applied"}
        for row in await coordinator.items("recruitment", "/v1/candidates", **query):
            page = await coordinator.get("recruitment", f"/v1/candidates/{row['candidate']}")
            if page["contact"]["email"] == self.mentor.email:
                return page
        raise StoryBroken(f"the application of {self.mentor.name} is not in the coordinator's list")

    async def clear_checks(self) -> None:
        """The coordinator notes what came in: a code each, never the report."""
        coordinator = await self.town.as_(self.cast.coordinator)
        for check in CHECKS:
            for result in ("requested", "received", "cleared"):
                await coordinator.post(
                    "recruitment",
                    f"/v1/candidates/{self.candidate}/checks",
                    {"check": check, "result": result},
                    key=self.key(f"{check}-{result}"),
                )

    async def set_interview(self) -> None:
        """On the story's first day, with a panel of two: it is scored right after."""
        coordinator = await self.town.as_(self.cast.coordinator)
        panel = [self.cast.interviewer.id, self.cast.other_interviewer.id]
        body = {"starts": self._began.isoformat(), "minutes": 45, "panel": panel}
        await coordinator.post(
            "recruitment", f"/v1/candidates/{self.candidate}/interview", body, key=self.key("interview")
        )

    async def score(self, interviewer: Profile) -> None:
        """One interviewer's scorecard."""
        caller = await self.town.as_(interviewer)
        criteria = (await caller.get("recruitment", "/v1/criteria"))["criteria"]
        scores = {criterion["code"]: 4 for criterion in criteria}
        body = {"scores": scores, "notes": "Warm, clear, and knows where to stop."}
        await caller.post("recruitment", self.scorecards, body, key=self.key(f"score-{interviewer.id}"))

    @property
    def scorecards(self) -> str:
        """Where the scorecards are."""
        return f"/v1/candidates/{self.candidate}/scorecards"

    async def accept(self) -> None:
        """The coordinator's decision, with a reason."""
        coordinator = await self.town.as_(self.cast.coordinator)
        await coordinator.post("recruitment", self.decision, self.acceptance, key=self.key("accept"))

    @property
    def decision(self) -> str:
        """Where the decision is made."""
        return f"/v1/candidates/{self.candidate}/decision"

    @property
    def acceptance(self) -> Answer:
        """What is decided."""
        return {"outcome": "accepted", "reason": "Both interviewers scored every criterion well."}

    async def be_enrolled(self) -> None:
        """Nobody does anything: training opens the enrolment by itself."""
        me = await self.me()
        found = await until(
            f"{self.mentor.name} is enrolled",
            lambda: me.items("training", "/v1/me/enrolments"),
            within_s=self.town.patience_s,
        )
        self.enrolment = found[0]["enrolment"]

    async def programme(self) -> Answer:
        """The rules in force."""
        return await (await self.me()).get("training", f"/v1/programmes/{PROGRAMME}")

    async def complete_module(self, module: Answer) -> None:
        """The mentor works through it, the trainer signs it."""
        path = f"/v1/enrolments/{self.enrolment}/modules/{module['code']}"
        hours = module["minimum_hours"]["value"]
        me, trainer = await self.me(), await self.town.as_(self.cast.trainer)
        done = {"percent": 100, "minutes": 90}
        await me.post("training", f"{path}/progress", done, key=self.key(f"progress-{module['code']}"))
        await trainer.post(
            "training", f"{path}/completion", {"hours": hours}, key=self.key(f"complete-{module['code']}")
        )

    async def pass_written(self) -> Answer:
        """The mentor knows the answers: they are in the bank."""
        me = await self.me()
        path = f"/v1/enrolments/{self.enrolment}/assessments/written/attempts"
        started = await me.post("training", path, key=self.key("attempt"))
        answers = {question["id"]: self._right[question["id"]] for question in started["questions"]}
        return await me.post(
            "training", f"{path}/{started['attempt']}/answers", {"answers": answers}, key=self.key("answers")
        )

    @cached_property
    def _right(self) -> dict[str, str]:
        bank = yaml.safe_load(_BANK.read_text(encoding="utf-8"))
        written = next(one for one in bank["assessments"] if one["kind"] == "written")
        return {question["code"]: question["right"] for question in written["questions"]}

    async def pass_practical(self, programme: Answer) -> None:
        """An assessor scores what was shown."""
        assessor = await self.town.as_(self.cast.assessor)
        rule = next(one for one in programme["assessments"] if one["kind"] == "practical")
        body = {"scores": dict.fromkeys(rule["criteria"], 4), "notes": "Calm and clear."}
        path = f"/v1/enrolments/{self.enrolment}/assessments/{rule['code']}/result"
        await assessor.post("training", path, body, key=self.key("practical"))

    async def attest(self) -> None:
        """The mentor signs the code of ethics."""
        body = {"code": "code_of_ethics", "version": "1"}
        path = f"/v1/enrolments/{self.enrolment}/attestations"
        await (await self.me()).post("training", path, body, key=self.key("attest"))

    async def be_placed(self) -> None:
        """Nobody does anything: supervision opens the placement by itself."""
        me = await self.me()
        found = await until(
            f"{self.mentor.name} has a placement",
            lambda: me.items("supervision", "/v1/me/placements"),
            within_s=self.town.patience_s,
        )
        self.placement = found[0]["placement"]

    async def assign_supervisor(self) -> None:
        """The coordinator takes the mentor out of the queue; the work they enter began some days ago."""
        coordinator = await self.town.as_(self.cast.coordinator)
        body = {
            "supervisor": self.cast.supervisor.id,
            "reason": "They have worked together since then; it is entered today.",
            "since": (self._began - timedelta(days=WORKDAYS + 1)).isoformat(),
        }
        path = f"/v1/placements/{self.placement}/supervisor"
        await coordinator.post("supervision", path, body, key=self.key("assign"))

    async def log_session(self) -> None:
        """The supervisor writes down the first meeting."""
        supervisor = await self.town.as_(self.cast.supervisor)
        body = {
            "kind": "individual",
            "held": (self._began - timedelta(days=1)).isoformat(),
            "minutes": 50,
            "topics": ["wellbeing", "goals"],
            "notes": "We looked at how to end a meeting well.",
        }
        path = f"/v1/placements/{self.placement}/sessions"
        await supervisor.post("supervision", path, body, key=self.key("session"))

    async def report_hours(self, day: int) -> str:
        """One day of the mentor's work; the id of the entry."""
        body: dict[str, Any] = {
            "bucket": "peer_support",
            "hours": HOURS_A_DAY,
            "worked_on": (self._began - timedelta(days=day)).date().isoformat(),
        }
        path = f"/v1/placements/{self.placement}/hours"
        answer = await (await self.me()).post("supervision", path, body, key=self.key(f"hours-{day}"))
        entry: str = answer["entry"]
        return entry

    def approval(self, entry: str) -> str:
        """Where an entry is signed off."""
        return f"/v1/placements/{self.placement}/hours/{entry}/approval"

    async def approve_hours(self, entry: str) -> Answer:
        """The supervisor signs one entry."""
        supervisor = await self.town.as_(self.cast.supervisor)
        return await supervisor.post("supervision", self.approval(entry), key=self.key(f"sign-{entry}"))

    async def review(self) -> None:
        """The supervisor's review on the whole rubric."""
        supervisor = await self.town.as_(self.cast.supervisor)
        practice = await supervisor.get("supervision", "/v1/practice")
        body = {"scores": dict.fromkeys(practice["review_criteria"], 4), "outcome": "meets"}
        path = f"/v1/placements/{self.placement}/reviews"
        await supervisor.post("supervision", path, body, key=self.key("review"))

    async def be_ready(self) -> Answer:
        """Nobody does anything: training sees that the list is complete."""
        certifier = await self.town.as_(self.cast.certifier)
        path = f"/v1/enrolments/{self.enrolment}/readiness"

        async def complete() -> Answer | None:
            readiness = await certifier.get("training", path)
            return readiness if readiness["complete"] else None

        return await until(f"{self.mentor.name} is ready", complete, within_s=self.town.patience_s)

    @property
    def certificate(self) -> str:
        """Where the certificate is granted."""
        return f"/v1/enrolments/{self.enrolment}/certificate"

    @property
    def granting(self) -> Answer:
        """What is granted, and why."""
        return {"reason": "Everything is there, and a good review."}

    async def grant(self) -> Answer:
        """The certifier's decision."""
        certifier = await self.town.as_(self.cast.certifier)
        return await certifier.post("training", self.certificate, self.granting, key=self.key("grant"))

    async def show_name(self, certificate: Answer) -> Answer:
        """The mentor puts their name on the public page; nobody else could."""
        path = f"/v1/certificates/{certificate['certificate']}/public-page"
        return await (await self.me()).put("training", path, {"on": True, "name": True, "site": False})

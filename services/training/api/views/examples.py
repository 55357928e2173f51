"""One example of everything training answers, for the API's own pages."""

from typing import Any

from pydantic import ConfigDict

_MENTOR, _ENROLMENT = "8c8b8d07-1b38-5a64-9393-203c7ca534fd", "5ae886c8-3512-5497-8b2c-e370074fc3ff"
_CERTIFICATE, _TRAINER = "c0e77fbf-1468-5cdc-a72f-d167d8c65cfa", "trainer-tom"
_OPENED, _LATER = "2026-03-02T09:00:00Z", "2026-05-11T16:30:00Z"


def example(shown: dict[str, Any]) -> ConfigDict:
    """The configuration of a model that shows this example."""
    return ConfigDict(json_schema_extra={"examples": [shown]})


_SOURCED = {"source": "Peerpath's own choice for the core programme", "confirmed": False}
PROGRAMME: dict[str, Any] = {
    "code": "core",
    "version": 1,
    "title": "Peer Mentor, core programme",
    "effective_from": "2026-01-01T00:00:00Z",
    "modules": [
        {
            "code": "communication",
            "title": "Communication and active listening",
            "outcomes": ["Listens, reflects and asks open questions without steering"],
            "delivery": ["in_person_workshop", "live_online", "self_paced"],
            "minimum_hours": {"value": 8, **_SOURCED},
            "parts": [{"code": "listening", "title": "Listening to understand"}],
            "content_notes": ["Practice talks in pairs can bring up loss or conflict"],
        }
    ],
    "assessments": [
        {
            "code": "written",
            "kind": "written",
            "title": "Written assessment",
            "requires": ["communication"],
            "attempts": 3,
            "questions_drawn": 10,
            "cut_score": 0.8,
            "time_limit_minutes": 45,
        }
    ],
    "certification": {
        "required_modules": ["communication"],
        "training_hours": {"value": 40, **_SOURCED},
        "supervised_hours": {"value": 60, **_SOURCED},
        "reviews_that_meet": {"value": 1, **_SOURCED},
        "attestations": [{"code": "code_of_ethics", "version": "1", "title": "Code of ethics"}],
        "required_checks": {"references": "References"},
        "validity_months": {"value": 24, **_SOURCED},
        "renewal": {
            "hours": {"value": 20, **_SOURCED},
            "buckets": [{"bucket": "ethics", "title": "ethics", "minimum_hours": {"value": 3, **_SOURCED}}],
            "attestations": ["code_of_ethics"],
            "opens_days": {"value": 90, **_SOURCED},
            "validity_months": {"value": 24, **_SOURCED},
        },
        "clocks": {
            "decision_days": {"value": 60, **_SOURCED},
            "appeal_days": {"value": 30, **_SOURCED},
            "appeal_decision_days": {"value": 30, **_SOURCED},
        },
        "expiry_notice_days": [{"value": 90, **_SOURCED}],
    },
}

SUMMARY: dict[str, Any] = {
    "enrolment": _ENROLMENT,
    "person": _MENTOR,
    "site": "riverside",
    "programme": "core",
    "programme_version": 1,
    "opened": _OPENED,
    "paused_since": None,
    "training_completed": None,
    "ready_since": None,
    "standing": {"met": 7, "total": 9, "unmet": ["supervised_hours", "attestation.code_of_ethics"]},
    "certificate": None,
    "version": 9,
}
ENROLMENT: dict[str, Any] = {
    **SUMMARY,
    "paused_by": None,
    "resumed_by": None,
    "supervisor": None,
    "modules": [
        {
            "code": "communication",
            "title": "Communication and active listening",
            "percent": 100,
            "minutes": 430,
            "hours": 8,
            "completed": _LATER,
            "completed_by": _TRAINER,
            "recognition": None,
            "recognised_hours": 0,
            "shadowing_hours": 2.5,
            "practice_hours": 0,
            "resume_at": "hard_conversations",
            "content_notes": ["Practice talks in pairs can bring up loss or conflict"],
        }
    ],
    "assessments": [
        {
            "code": "written",
            "kind": "written",
            "title": "Written assessment",
            "passed": False,
            "attempts_left": 2,
            "attempts": [
                {
                    "attempt": 1,
                    "state": "failed",
                    "started": _LATER,
                    "ends": "2026-05-11T17:15:00Z",
                    "handed_in": "2026-05-11T17:02:00Z",
                    "decided": "2026-05-11T17:02:00Z",
                    "right": 7,
                    "points": 7,
                    "out_of_time": False,
                    "scores": {},
                    "sheets": [],
                    "assessed_by": None,
                    "notes": None,
                    "review_reason": None,
                }
            ],
            "allowances": [],
        }
    ],
    "attestations": ["code_of_ethics/1"],
}
PLAN: dict[str, Any] = {
    "enrolment": _ENROLMENT,
    "plan": {
        "paused": False,
        "done": ["Communication and active listening is completed, with 8 hours."],
        "next": ["Begin Boundaries and ethics, 7 hours or more."],
        "blocked": ["Crisis recognition and response opens after Mental health and recovery."],
    },
}
READINESS: dict[str, Any] = {
    "enrolment": _ENROLMENT,
    "name": "Ana Ruiz",
    "complete": False,
    "ready_since": None,
    "requirements": [
        {
            "code": "supervised_hours",
            "met": False,
            "have": 6,
            "need": 60,
            "evidence": [{"at": "placements/0198f2c0/hours/0198f2c1", "by": "supervisor-sam"}],
            "falls_short": [],
            "sentence": "6 of 60 supervised hours approved.",
        }
    ],
}
STARTED: dict[str, Any] = {
    "enrolment": _ENROLMENT,
    "assessment": "written",
    "attempt": 1,
    "ends": "2026-05-11T17:15:00Z",
    "questions": [
        {
            "id": "com_1",
            "kind": "single",
            "text": "Which of these is an open question?",
            "options": {"a": "Did you sleep badly again?", "b": "What has this week been like for you?"},
        }
    ],
    "version": 10,
}
RESULT: dict[str, Any] = {
    "enrolment": _ENROLMENT,
    "assessment": "written",
    "attempt": 1,
    "state": "passed",
    "passed": True,
    "right": 9,
    "out_of": 10,
    "points": 9,
    "out_of_points": 10,
    "look_at_again": ["crisis_response"],
    "out_of_time": False,
    "attempts_left": 2,
    "version": 11,
}
CERTIFICATE: dict[str, Any] = {
    "certificate": _CERTIFICATE,
    "enrolment": _ENROLMENT,
    "person": _MENTOR,
    "site": "riverside",
    "programme": "core",
    "programme_title": "Peer Mentor, core programme",
    "status": "valid",
    "valid_from": "2026-05-11T00:00:00Z",
    "valid_until": "2028-05-11T00:00:00Z",
    "name": "Ana Ruiz",
    "public_page": {"on": True, "name": False, "site": False},
    "verification_url": "https://training.example.org/verify/Zk3tQ0",
    "history": [
        {
            "kind": "granted",
            "holds_from": "2026-05-11T00:00:00Z",
            "holds_until": "2028-05-11T00:00:00Z",
            "decided": _LATER,
            "decided_by": "certifier-cem",
            "reason": "Everything is there; a strong review.",
            "erased": False,
        }
    ],
    "version": 1,
}
CERTIFICATE_SUMMARY: dict[str, Any] = {
    "certificate": _CERTIFICATE,
    "enrolment": _ENROLMENT,
    "person": _MENTOR,
    "site": "riverside",
    "programme": "core",
    "status": "valid",
    "valid_until": "2028-05-11T00:00:00Z",
    "version": 1,
}
STANDING: dict[str, Any] = {
    "certificate": _CERTIFICATE,
    "person": _MENTOR,
    "site": "riverside",
    "programme": "core",
    "on": "2027-03-04",
    "as_known_on": None,
    "statuses": ["valid", "suspended"],
    "certified": False,
}
RENEWAL: dict[str, Any] = {
    "certificate": _CERTIFICATE,
    "enrolment": _ENROLMENT,
    "confirms": False,
    "valid_until": "2028-05-11T00:00:00Z",
    "opens": "2028-02-11T00:00:00Z",
    "closes": "2028-08-09T00:00:00Z",
    "ready_since": None,
    "complete": False,
    "requirements": [
        {
            "code": "renewal.hours",
            "met": False,
            "have": 12.0,
            "need": 20.0,
            "evidence": [{"at": "education/e-1", "by": "trainer-tom"}],
            "falls_short": [],
            "sentence": "12 of 20 hours of continuing education approved and counted.",
        }
    ],
    "version": 1,
}
RETURN: dict[str, Any] = {
    "at": _LATER,
    "by": "certifier-cem",
    "renewal": False,
    "reason": "The review speaks of two meetings that were cut short.",
    "what_helps": "Another review in four weeks; your supervisor knows.",
    "erased": False,
}
APPEAL: dict[str, Any] = {
    "appeal": "5d1c4a2e-7a0f-5a57-9d44-8a2b0c9be111",
    "person": _MENTOR,
    "site": "riverside",
    "programme": "core",
    "enrolment": _ENROLMENT,
    "certificate": _CERTIFICATE,
    "against": "suspended",
    "decision_by": "certifier-cem",
    "decision_at": _LATER,
    "made": "2026-05-14T08:00:00Z",
    "decide_by": "2026-06-13T08:00:00Z",
    "outcome": None,
    "decided": None,
    "decided_by": None,
    "words": "I was ill in March, and my supervisor can confirm it.",
    "reason": None,
    "erased": False,
    "version": 1,
}
PUBLIC_CERTIFICATE: dict[str, Any] = {
    "status": "valid",
    "programme": "Peer Mentor, core programme",
    "valid_from": "2026-05-11",
    "valid_until": "2028-05-11",
    "name": "Ana Ruiz",
}
RULES: dict[str, Any] = {name: PROGRAMME[name] for name in ("title", "modules", "certification")}
SITE_PROGRAMME: dict[str, Any] = {
    "programme": "riverside-core",
    "site": "riverside",
    "copied_from": "core/1",
    "shared_with": ["hillside"],
    "draft_saved": None,
    "draft_saved_by": None,
    "versions": [
        {
            "version": 1,
            "effective_from": "2026-06-01T00:00:00Z",
            "published": _LATER,
            "published_by": "admin-ada",
            "reason": "More hours on crisis, as the team agreed.",
            "withdrawn": None,
            "withdrawn_by": None,
            "withdrawn_because": None,
        }
    ],
    "version": 3,
}
SITE_RULES: dict[str, Any] = {"programme": "riverside-core", "of_version": 1, "rules": RULES, "version": 3}
DIFFERENCES: dict[str, Any] = {
    "programme": "riverside-core",
    "before": 1,
    "after": None,
    "differences": [{"path": "modules.communication.minimum_hours.value", "before": 8.0, "after": 10.0}],
}
PREVIEW: dict[str, Any] = {
    "enrolment": _ENROLMENT,
    "from_version": 1,
    "to_version": 2,
    "ready_before": True,
    "ready_after": False,
    "requirements": [
        {
            "code": "supervised_hours",
            "effect": "becomes_unmet",
            "before": "60 of 60 supervised hours approved.",
            "after": "60 of 80 supervised hours approved.",
        }
    ],
    "modules": [
        {
            "module": "communication",
            "before": "Communication and active listening",
            "after": "Listening",
            "hours": 8,
        }
    ],
    "attempts": [{"assessment": "written", "taken": 1, "passed": True, "left": 2}],
}
MOVES: dict[str, Any] = {
    "programme": "riverside-core",
    "to_version": 2,
    "moved": 1,
    "results": [
        {
            "enrolment": _ENROLMENT,
            "moved": True,
            "standing": SUMMARY["standing"],
            "code": None,
            "detail": None,
        }
    ],
}
DOCUMENTS: dict[str, Any] = {
    "enrolment": _ENROLMENT,
    "documents": [
        {
            "number": 1,
            "code": "work_or_studies",
            "way": "work",
            "submitted": _LATER,
            "state": "waiting",
            "decided": None,
            "decided_by": None,
            "reference": "Letter of my employer, handed in at the desk.",
            "reason": None,
            "erased": False,
        }
    ],
    "version": 4,
}

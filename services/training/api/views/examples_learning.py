"""One example of everything about learning, support and reviews, for the API's own pages."""

from typing import Any

_MENTOR, _ENROLMENT = "8c8b8d07-1b38-5a64-9393-203c7ca534fd", "5ae886c8-3512-5497-8b2c-e370074fc3ff"
_TRAINER, _ENTRY = "trainer-tom", "0198f2c0-7a1e-7c55-9d0e-2f4a5b6c7d8e"
_THEN, _LATER = "2026-05-11T16:30:00Z", "2026-05-12T08:15:00Z"

MODULE: dict[str, Any] = {
    "enrolment": _ENROLMENT,
    "module": "mental_health_recovery",
    "title": "Mental health and recovery",
    "content_notes": ["Any exercise about your own story can be skipped or done in another way"],
    "percent": 50,
    "minutes": 130,
    "resume_at": "your_story",
    "parts": [
        {
            "code": "your_story",
            "title": "Telling your story with a purpose",
            "content_notes": ["You are asked to think of a time that was hard for you"],
            "alternative": "Work with the written story of somebody else, and say what you would share and why",
            "takes_alternative": False,
            "minutes": 10,
            "finished": False,
        }
    ],
    "version": 7,
}
CHOICE: dict[str, Any] = {
    "enrolment": _ENROLMENT,
    "module": "mental_health_recovery",
    "part": "your_story",
    "takes_alternative": True,
    "version": 1,
}
ADAPTATIONS: dict[str, Any] = {
    "enrolment": _ENROLMENT,
    "needs": ["extra_time", "reading_aloud"],
    "language": "es",
    "extra_time": {"factor": 1.5, "decided_by": _TRAINER, "decided": _THEN},
    "version": 2,
}
HELP: dict[str, Any] = {
    "help": _ENTRY,
    "enrolment": _ENROLMENT,
    "person": _MENTOR,
    "site": "riverside",
    "topic": "pace",
    "state": "answered",
    "asked": _THEN,
    "closed": _LATER,
    "answered_by": _TRAINER,
    "question": "Could I do the last two modules over the summer?",
    "answer": "Gladly. Let's talk on Thursday after the group.",
    "erased": False,
    "version": 2,
}
HELP_SUMMARY: dict[str, Any] = {
    **{name: HELP[name] for name in ("help", "enrolment", "person", "site", "topic", "asked", "version")},
    "state": "open",
}
RECOGNITION: dict[str, Any] = {
    "recognition": _ENTRY,
    "module": "communication",
    "part": None,
    "state": "returned",
    "asked": _THEN,
    "documents": ["document-17"],
    "hours": None,
    "decided_by": _TRAINER,
    "decided": _LATER,
    "evidence": "I led a listening group for two years.",
    "reason": "The course was about groups, and the module is about talks of two.",
    "would_help": "A letter from somebody who sat in on such talks.",
    "erased": False,
}
RECOGNITIONS: dict[str, Any] = {"enrolment": _ENROLMENT, "items": [RECOGNITION], "version": 9}
COURSE: dict[str, Any] = {
    "education": _ENTRY,
    "provider": "state-academy",
    "day": "2026-05-09",
    "hours": 3,
    "bucket": "ethics",
    "corrects": None,
    "submitted": _THEN,
    "state": "approved",
    "decided_by": _TRAINER,
    "decided": _LATER,
    "title": "Dual relationships in small towns",
    "return_reason": "",
    "erased": False,
}
EDUCATION: dict[str, Any] = {"enrolment": _ENROLMENT, "items": [COURSE], "version": 12}
LOG: dict[str, Any] = {
    "log": _ENTRY,
    "module": "communication",
    "kind": "shadowing",
    "beside": "mentor-mia",
    "day": "2026-05-09",
    "hours": 2.5,
    "logged": _THEN,
    "state": "confirmed",
    "decided": _LATER,
    "note": "",
    "return_reason": "",
    "erased": False,
}
LOGS: dict[str, Any] = {"enrolment": _ENROLMENT, "items": [LOG], "version": 8}
AWAITED_LOGS: dict[str, Any] = {
    "enrolment": _ENROLMENT,
    "person": _MENTOR,
    "site": "riverside",
    "items": [{**LOG, "state": "logged", "decided": None}],
}
SUBMISSIONS: dict[str, Any] = {
    "enrolment": _ENROLMENT,
    "person": _MENTOR,
    "site": "riverside",
    "since": _THEN,
    "recognitions": [_ENTRY],
    "education": [],
}
AWAITED_REVIEW: dict[str, Any] = {
    "enrolment": _ENROLMENT,
    "person": _MENTOR,
    "site": "riverside",
    "since": _THEN,
    "attempts": [{"assessment": "written", "kind": "written", "attempt": 1, "handed_in": _THEN}],
}
REVIEW: dict[str, Any] = {
    "enrolment": _ENROLMENT,
    "assessment": "written",
    "attempt": 1,
    "handed_in": _THEN,
    "answers": [
        {
            "question": "com_5",
            "text": "Somebody tells you they feel like a burden. What do you say first, and why?",
            "answer": "I'd say that I am glad they told me.",
            "rubric": [{"code": "listens", "shows": "Listens before it advises", "points": 2}],
        }
    ],
    "version": 14,
}

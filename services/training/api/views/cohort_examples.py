"""One example of everything that is answered about cohorts, for the API's own pages."""

from typing import Any

_COHORT, _ENROLMENT = "019a2f6e-6d0c-7b51-9b7e-3a2d5f1c8e40", "5ae886c8-3512-5497-8b2c-e370074fc3ff"
_MENTOR, _TRAINER = "8c8b8d07-1b38-5a64-9393-203c7ca534fd", "trainer-tom"
_BEGINS, _OVER, _ASKED = "2026-05-12T22:00:00Z", "2026-05-14T01:00:00Z", "2026-05-02T10:15:00Z"

SESSION: dict[str, Any] = {
    "module": "communication",
    "title": "Listening, in pairs",
    "starts": _BEGINS,
    "minutes": 180,
    "delivery": "in_person_workshop",
    "trainer": _TRAINER,
    "mentor": None,
    "place": "Riverside House, room 2",
    "link": None,
}
PLAN: dict[str, Any] = {
    "site": "riverside",
    "programme": "core",
    "modules": ["communication"],
    "language": "en",
    "time_zone": "America/New_York",
    "capacity": 12,
    "accessibility": "Step-free from Main Street; a quiet room is next door.",
    "sessions": [SESSION],
}
SUMMARY: dict[str, Any] = {
    "cohort": _COHORT,
    "site": "riverside",
    "programme": "core",
    "programme_version": 1,
    "modules": ["communication"],
    "language": "en",
    "time_zone": "America/New_York",
    "starts": _BEGINS,
    "ends": _OVER,
    "status": "scheduled",
    "capacity": 12,
    "places_left": 3,
    "waiting": 0,
    "version": 10,
}
COHORT: dict[str, Any] = {
    **SUMMARY,
    "accessibility": "Step-free from Main Street; a quiet room is next door.",
    "sessions": [{**SESSION, "session": "s1"}],
    "calendar_sequence": 1,
    "cancelled": None,
    "your_place": True,
    "your_turn": None,
}
ROSTER: dict[str, Any] = {
    "cohort": _COHORT,
    "seats": [{"person": _MENTOR, "enrolment": _ENROLMENT, "taken": _ASKED}],
    "waiting": [],
    "gone": [],
}
SHEET: dict[str, Any] = {
    "cohort": _COHORT,
    "session": "s1",
    "people": [
        {
            "person": _MENTOR,
            "enrolment": _ENROLMENT,
            "marks": [
                {"presence": "absent", "minutes": 0, "by": _TRAINER, "at": "2026-05-12T22:10:00Z"},
                {"presence": "present", "minutes": 165, "by": _TRAINER, "at": "2026-05-12T22:20:00Z"},
            ],
        }
    ],
    "version": 14,
}
HOURS: dict[str, Any] = {
    "cohort": _COHORT,
    "module": "communication",
    "people": [
        {
            "person": _MENTOR,
            "enrolment": _ENROLMENT,
            "module": "communication",
            "hours": 8.25,
            "left": [],
            "ready": True,
        }
    ],
}
SIGNATURES: dict[str, Any] = {
    "cohort": _COHORT,
    "module": "communication",
    "signed": [{"person": _MENTOR, "hours": 8.25}],
    "refused": [
        {
            "person": "mentor-ben",
            "code": "attendance_incomplete",
            "message": "Still to come, or to be made up: 1 session of this module (s2).",
        }
    ],
}
CALENDAR = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Peerpath//Peerpath//EN\r\nMETHOD:PUBLISH\r\nBEGIN:VEVENT\r\n"
    f"UID:{_COHORT}.s1@peerpath\r\nSEQUENCE:1\r\nDTSTAMP:20260502T101500Z\r\nDTSTART:20260512T220000Z\r\n"
    "DTEND:20260513T010000Z\r\nSUMMARY:Training session\r\nSTATUS:CONFIRMED\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)

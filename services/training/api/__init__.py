"""Every route of training."""

from services.training.api import (
    appeals,
    assessments,
    attendance,
    certificates,
    certifying,
    cohorts,
    enrolments,
    paper,
    programmes,
    scheduling,
    seats,
    verification,
)

routers = (
    programmes.router,
    enrolments.router,
    assessments.router,
    scheduling.router,
    cohorts.router,
    seats.router,
    attendance.router,
    certificates.router,
    paper.router,
    certifying.router,
    appeals.router,
    verification.router,
)

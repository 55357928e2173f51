"""Every route of training."""

from services.training.api import (
    appeals,
    assessments,
    certificates,
    certifying,
    enrolments,
    paper,
    programmes,
    verification,
)

routers = (
    programmes.router,
    enrolments.router,
    assessments.router,
    certificates.router,
    paper.router,
    certifying.router,
    appeals.router,
    verification.router,
)

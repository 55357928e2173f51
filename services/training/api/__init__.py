"""Every route of training."""

from services.training.api import assessments, certificates, enrolments, programmes, verification

routers = (
    programmes.router,
    enrolments.router,
    assessments.router,
    certificates.router,
    verification.router,
)

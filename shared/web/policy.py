"""The one function that decides who may: role, site, and whose own record it is."""

from shared.domain.errors import Forbidden, NotFound
from shared.domain.people import EVERY_SITE, Actor, Role

_NOT_STAFF = frozenset({Role.MENTOR, Role.SUBSCRIBER, Role.OPERATOR})


def permit(actor: Actor, site: str, *roles: Role, person: str | None = None, named: bool = False) -> None:
    """Let the actor through, or refuse.

    Allowed: whoever holds one of `roles` at `site`; the person whose id is `person` (their own record); and with
    `named` whoever the record names for a duty, such as its supervisor, as long as they work for the site.

    Raises:
        NotFound: the actor has nothing to do with this site, and must not learn that the thing exists.
        Forbidden: the actor works for this site, in another role.
    """
    if actor.holds(site, *roles) or (person is not None and actor.person == person):
        return
    works_here = works_for(actor, site)
    if works_here and named:
        return
    if works_here:
        needed = " or ".join(role.value for role in roles) or "being the person concerned"
        raise Forbidden("role_missing", f"This needs the role {needed} at the site {site}.")
    raise NotFound("not_found", "There is no such record, or it is not one of your sites'.")


def works_for(actor: Actor, site: str) -> bool:
    """Does the actor hold any role of staff at this site? A duty given by name ends with the last of them."""
    return any(grant.site in (site, EVERY_SITE) and grant.role not in _NOT_STAFF for grant in actor.grants)


def sites_filter(actor: Actor, *roles: Role, site: str | None = None) -> dict[str, object]:
    """The part of a query that keeps it to the actor's sites; `site` narrows it further.

    Raises:
        NotFound: `site` is none of theirs.
        Forbidden: they hold none of the roles anywhere.
    """
    sites = actor.sites(*roles)
    if not sites:
        needed = " or ".join(role.value for role in roles)
        raise Forbidden("role_missing", f"This needs the role {needed} at a site.")
    if site is not None:
        if EVERY_SITE not in sites and site not in sites:
            raise NotFound("not_found", f"There is no site {site}, or it is not one of yours.")
        return {"site": site}
    return {} if EVERY_SITE in sites else {"site": {"$in": sorted(sites)}}

"""One's own choices of what comes by e-mail."""

from fastapi import APIRouter, Response

from services.notifications import queries
from services.notifications.api.views import PreferencesBody, PreferencesView
from services.notifications.domain.preferences import Preferences, preferences_id
from shared.messaging.work import Work
from shared.web.commands import ActorDep, CommandDep
from shared.web.queries import DatabaseDep, shown

router = APIRouter(tags=["preferences"])


@router.get("/preferences", response_model=PreferencesView)
async def preferences(actor: ActorDep, database: DatabaseDep) -> Response:
    """One's own choices."""
    found = await queries.preferences_of(database, actor.person)
    return shown(found, PreferencesView.of(found))


@router.put("/preferences", response_model=PreferencesView)
async def choose(body: PreferencesBody, command: CommandDep) -> Response:
    """Replace one's own choices."""

    async def rule(work: Work) -> Preferences:
        person = command.actor.person
        found = await work.find(Preferences, preferences_id(person))
        chosen = found or Preferences.of(person)
        command.match(chosen)
        chosen.choose(body.muted)
        if found is None:
            work.add(chosen)
        return chosen

    return await command.run(rule, view=PreferencesView.of)

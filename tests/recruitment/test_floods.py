"""Who sends more applications than one person has, over the real database."""

from tests.recruitment.running import describe, recruiting
from tests.recruitment.test_api import form, refused
from tests.recruitment.test_applying import PATH, as_seen, stored
from tests.support.stack import Stack


async def test_one_address_sends_so_many_applications_and_no_more(stack: Stack) -> None:
    """Beyond the rate a caller without an account hears 429, and somebody signed in does not mind them."""
    async with recruiting(stack, applications_rate="2/hour") as app:
        async with app.client() as nobody, app.client("robin") as robin:
            assert [(await nobody.post(PATH, json=form())).status_code for _ in range(2)] == [202, 202]
            refused(await nobody.post(PATH, json=form()), 429, "too_many_requests")
            assert (await robin.post(PATH, json=form())).status_code == 201
        assert len(await stored(app)) == 3


async def test_an_email_address_is_not_flooded_and_nobody_learns_of_it(stack: Stack) -> None:
    """Beyond the rate of an address at a site the answer is the same and nothing is kept; its owner may apply."""
    async with recruiting(stack, applications_under_email_rate="2/day") as app:
        email, programmes = "robin@example.org", [f"p{number}" for number in range(4)]
        await describe(app, "leeds", programmes={name: {} for name in ("core", "other", "own", *programmes)})
        async with app.client() as nobody, app.client("robin") as robin:
            answers = [await nobody.post(PATH, json=form(email=email, programme=name)) for name in programmes]
            assert {as_seen(answer)[:2] for answer in answers} == {(202, b'{"received":true}')}
            await nobody.post(PATH, json=form(email=email, site="york"))
            assert (await robin.post(PATH, json=form(email=email, programme="own"))).status_code == 201
        kept = [(row["site"], row["programme"]) for row in await stored(app)]
        assert sorted(kept) == [("leeds", "own"), ("leeds", "p0"), ("leeds", "p1"), ("york", "core")]

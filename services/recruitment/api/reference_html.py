"""The page a referee sees, and what its form sends. It works without JavaScript."""

from collections.abc import Mapping

from jinja2 import Environment
from pydantic import ValidationError

from services.recruitment.api.reference_views import AnswerBody, ReplyBody
from services.recruitment.domain.reference_form import ReferenceForm
from shared.domain.errors import Invalid

DECLINES = "decline"
"""The button of whoever would rather not."""
UNKNOWN = "unknown"
"""The choice of whoever can't say, beside the numbers 1 to 5."""

PAGE = Environment(autoescape=True).from_string("""<!doctype html>
<html lang="{{ language }}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<title>{{ words.title }}</title>
<style>
body { font: 1.125rem/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; margin: 0 }
main { max-width: 36rem; margin: 2rem auto; padding: 0 1rem }
fieldset { border: 0; margin: 1.5rem 0; padding: 0 } legend { font-weight: 600; padding: 0 }
label { display: block; padding: .25rem 0 } fieldset.scale label { display: inline-block; margin-right: 1rem }
textarea { width: 100%; box-sizing: border-box; font: inherit }
button { font: inherit; padding: .5rem 1rem } .wrong { border-left: .25rem solid #a40000; padding-left: .75rem }
:focus-visible { outline: .2rem solid #0b5c6b }
</style>
</head>
<body>
<main>
{% macro choice(name, code, text) %}
<label><input type="radio" name="{{ name }}" value="{{ code }}" required
{%- if sent.get(name) == code %} checked{% endif %}> {{ text }}</label>
{% endmacro %}
<h1>{{ words.title }}</h1>
{% if thanks %}
<p role="status">{{ words.thanks }}</p>
{% elif shown %}
{% if wrong %}<p class="wrong" role="alert">{{ words.wrong }}{{ wrong }}</p>{% endif %}
<p>{{ words.asked.format(name=shown.name) }}</p>
<p>{{ words.about }}</p>
<p>{{ words.until }} <time datetime="{{ shown.expires.isoformat() }}">{{ shown.expires.date() }}</time>.</p>
<form method="post" action="{{ action }}{{ token }}" accept-charset="utf-8" autocomplete="off">
<input type="hidden" name="language" value="{{ language }}">
{% for name in ("known_as", "known_for") %}
<fieldset><legend>{{ words[name] }}</legend>
{% for code in shown[name] %}{{ choice(name, code, words.options[code]) }}{% endfor %}
</fieldset>
{% endfor %}
<p>{{ words.criteria }}</p>
{% for code in shown.criteria %}
<fieldset class="scale"><legend>{{ words.options[code] }}</legend>
{% for score in ("1", "2", "3", "4", "5") %}{{ choice("score." ~ code, score, score) }}{% endfor %}
{{ choice("score." ~ code, "unknown", words.cannot_say) }}
</fieldset>
{% endfor %}
<fieldset><legend>{{ words.recommends }}</legend>
{% for code in shown.recommends %}{{ choice("recommends", code, words.options[code]) }}{% endfor %}
</fieldset>
<p><label for="words">{{ words.text }}</label>
<textarea id="words" name="words" rows="6" maxlength="4000">{{ sent.get("words", "") }}</textarea></p>
<p><button type="submit">{{ words.send }}</button></p>
</form>
<form method="post" action="{{ action }}{{ token }}">
<input type="hidden" name="language" value="{{ language }}">
<p>{{ words.decline_why }}</p>
<p><button type="submit" name="decline" value="1">{{ words.decline }}</button></p>
</form>
<nav>{% for other in languages if other != language %}
<a href="?language={{ other }}" lang="{{ other }}" hreflang="{{ other }}">{{ other }}</a>
{% endfor %}</nav>
{% else %}
<p>{{ words.nothing }}</p>
{% endif %}
</main>
</body>
</html>
""")


def answer_of(sent: Mapping[str, str], form: ReferenceForm) -> ReplyBody:
    """What the form sent, as the API takes it. Raises Invalid `answer_incomplete`, with what is missing."""
    if DECLINES in sent:
        return ReplyBody(answer=None)
    try:
        answer = AnswerBody(
            known_as=sent.get("known_as", ""),
            known_for=sent.get("known_for", ""),
            scores={code: _score(sent.get(f"score.{code}", "")) for code in form.criteria},
            recommends=sent.get("recommends", ""),
            words=sent.get("words", "").strip() or None,
        )
    except (ValueError, ValidationError):
        wanted = ("known_as", "known_for", *(f"score.{code}" for code in form.criteria), "recommends")
        _, words = form.in_language(sent.get("language", ""))
        missing = [_asked(name, words) for name in wanted if not sent.get(name)] or [words.text]
        raise Invalid("answer_incomplete", "; ".join(missing)) from None
    return ReplyBody(answer=answer)


def _score(chosen: str) -> int | None:
    return None if chosen == UNKNOWN else int(chosen)


def _asked(name: str, words: object) -> str:
    group, _, code = name.partition(".")
    return str(words.options[code] if code else getattr(words, group))  # type: ignore[attr-defined]

"""Which voices there are, by id, language and gender; unknown ones are refused with what to use instead.

An id is `<engine>:<its own name>`, such as `espeak:vi+f2`, `polly:Joanna` or `speech:alloy`. Without an engine it is
espeak-ng's. The engines themselves are not needed here: their voices are data.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

from parley.domain.errors import InvalidInput

Engine = Literal["espeak", "polly", "speech"]
Gender = Literal["female", "male", "neutral"]
ENGINES: tuple[Engine, ...] = get_args(Engine)
ANY_LANGUAGE = "mul"
"""BCP 47 for a voice that speaks whatever language its text is in."""
DEFAULT_LANGUAGE = "en-us"
# The timbres of espeak-ng that are listed; further ones of its library are accepted.
_LISTED = ("f1", "f2", "f3", "f4", "m1", "m2", "m3", "m4", "m7")
_MATCHED = {"female": "f2", "male": "m3"}
# What people call a language where espeak-ng has another name or only regions.
_USUAL_NAMES = {"en": "en-us", "fr": "fr-fr", "zh": "cmn", "zh-hk": "yue", "no": "nb"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """`language` is a BCP 47 tag, `language_name` what people call it in English."""

    id: str
    name: str
    language: str
    language_name: str
    gender: Gender
    engine: Engine


@dataclass(frozen=True)
class Voices:
    """Those that are set up: espeak-ng's always, others as told."""

    others: tuple[Voice, ...] = ()
    polly: bool = False

    def listed(
        self, language: str | None = None, gender: Gender | None = None, engine: Engine | None = None
    ) -> list[Voice]:
        """`language` also matches its regions and, of a region, the language itself."""
        return [
            voice
            for voice in (*_espeak_listed(), *self.others)
            if (gender is None or voice.gender == gender)
            and (engine is None or voice.engine == engine)
            and (language is None or _related(language, voice.language))
        ]

    def find(self, voice_id: str) -> Voice:
        """The voice, under its full id. Raises InvalidInput voice_unknown, naming what comes near."""
        engine, colon, name = voice_id.strip().partition(":")
        if not colon or engine.lower() == "espeak":
            return self._espeak(name if colon else engine, voice_id)
        for voice in self.others:
            if voice.id.lower() == f"{engine}:{name}".lower():
                return voice
        raise self._unknown(voice_id)

    def match(self, language: str, gender: str | None = None) -> Voice:
        """One that speaks `language`, of that gender. Raises InvalidInput language_unknown, naming what comes near."""
        tag = _closest(language)
        if tag is None:
            raise InvalidInput(f"No voice speaks {_quoted(language)}. {_near_language(language)}", "language_unknown")
        timbre = _MATCHED.get(gender or "")
        return _espeak_voice(tag, timbre)

    def _espeak(self, name: str, asked: str) -> Voice:
        language, plus, timbre = name.strip().partition("+")
        tag = _closest(language)
        if tag is None or (plus and timbre not in _espeak_timbres()):
            raise self._unknown(asked)
        return _espeak_voice(tag, timbre or None)

    def _unknown(self, asked: str) -> InvalidInput:
        engine = asked.partition(":")[0].strip().lower()
        if engine == "polly" and not self.polly:
            return InvalidInput(
                "Amazon Polly's voices are not set up here (POLLY=1). Use another one.", "voice_unknown"
            )
        if engine == "speech" and not any(voice.engine == "speech" for voice in self.others):
            return InvalidInput("No speech server is set up here (SPEECH_URL). Use another voice.", "voice_unknown")
        near = _near(asked, [*(voice.id for voice in _espeak_listed()), *(voice.id for voice in self.others)])
        advice = ", ".join(near) or "espeak:en-us, espeak:vi+f2"
        return InvalidInput(
            f"There is no voice {_quoted(asked)}. Use for example {advice}; GET /api/v1/voices lists all.",
            "voice_unknown",
        )


def speaks(voice: Voice, language: str) -> bool:
    """Whether no other voice would be meant by `language`."""
    if voice.language == ANY_LANGUAGE:
        return True
    asked, own = _tag(language), _tag(voice.language)
    tag = _closest(language)
    return own == asked or own.startswith(f"{asked}-") or (tag is not None and tag == _closest(own))


@cache
def voices_of(*, polly: bool = False, speech_voices: str = "") -> Voices:
    """What is set up. `speech_voices`: `alloy, nova=en/female, linh=vi-VN/female`; ValueError for another form."""
    others = [*(_polly_listed() if polly else ()), *_speech_listed(speech_voices)]
    return Voices(tuple(others), polly)


def _speech_listed(given: str) -> Iterator[Voice]:
    for part in filter(None, (each.strip() for each in given.split(","))):
        name, _, about = part.partition("=")
        language, _, gender = about.partition("/")
        if not name.strip() or (gender or "neutral") not in get_args(Gender):
            raise ValueError(f"SPEECH_VOICES: write {part!r} as name, name=language or name=language/female")
        tag = _closest(language) if language else None
        if language and tag is None:
            raise ValueError(f"SPEECH_VOICES: {language!r} is no language known here")
        yield Voice(
            id=f"speech:{name.strip()}",
            name=name.strip(),
            language=language or ANY_LANGUAGE,
            language_name="Any language" if tag is None else _espeak_languages()[tag]["name"],
            gender="female" if gender == "female" else "male" if gender == "male" else "neutral",
            engine="speech",
        )


@cache
def _data(name: str) -> Any:
    return json.loads(files("parley.domain").joinpath(name).read_text(encoding="utf-8"))


@cache
def _polly_listed() -> tuple[Voice, ...]:
    held = _data("polly_voices.json")
    return tuple(
        Voice(
            id=f"polly:{name}",
            name=f"{held['languages'][language]} – {name}",
            language=language,
            language_name=held["languages"][language],
            gender=gender,
            engine="polly",
        )
        for name, language, gender in held["voices"]
    )


@cache
def _espeak_languages() -> Mapping[str, Mapping[str, str]]:
    return {row["tag"]: row for row in _data("espeak_voices.json")["voices"]}


@cache
def _espeak_timbres() -> frozenset[str]:
    return frozenset(_data("espeak_voices.json")["variants"])


@cache
def _espeak_listed() -> tuple[Voice, ...]:
    return tuple(_espeak_voice(tag, timbre) for tag in _espeak_languages() for timbre in (None, *_LISTED))


def _espeak_voice(tag: str, timbre: str | None) -> Voice:
    row = _espeak_languages()[tag]
    # Its own timbre is a man's; further ones bear names that tell no gender.
    gender: Gender = "male"
    called = timbre or "male"
    if timbre is not None:
        numbered = timbre[0] in "fm" and timbre[1:].isdigit()
        gender = "neutral" if not numbered else "female" if timbre[0] == "f" else "male"
        called = f"{gender} {timbre[1:]}" if numbered else timbre
    return Voice(
        id=f"espeak:{tag}" + (f"+{timbre}" if timbre else ""),
        name=f"{row['name']} – {called}",
        language=row["language"],
        language_name=row["name"],
        gender=gender,
        engine="espeak",
    )


def _tag(language: str) -> str:
    return language.strip().replace("_", "-").lower()


@cache
def _tags() -> Mapping[str, str]:
    """What a language may be called, in lower case -> espeak-ng's tag."""
    return {
        **{row["language"].lower(): tag for tag, row in _espeak_languages().items()},
        **{tag: tag for tag in _espeak_languages()},
    }


def _closest(language: str) -> str | None:
    """espeak-ng's tag for a language, its region dropped where no voice has it: "de-AT" is spoken by "de"."""
    parts = _tag(language).split("-")
    for length in range(len(parts), 0, -1):
        shorter = "-".join(parts[:length])
        found = _tags().get(_USUAL_NAMES.get(shorter, shorter))
        if found is not None:
            return found
    return None


def _related(asked: str, language: str) -> bool:
    if language == ANY_LANGUAGE:
        return True
    one, other = (_tag(each) for each in (asked, language))
    one = {"zh": "cmn", "no": "nb"}.get(one.partition("-")[0], one)
    return one == other or one.startswith(f"{other}-") or other.startswith(f"{one}-")


def _near(asked: str, known: list[str]) -> list[str]:
    # Imported here: only refusals need it, and a cold start does not wait for it.
    import difflib

    return difflib.get_close_matches(asked.strip()[:64].lower(), known, n=4, cutoff=0.5)


def _near_language(asked: str) -> str:
    begun = asked.strip().lower()[:64]
    rows = list(_espeak_languages().values())
    near = [row["language"] for row in rows if len(begun) > 2 and row["name"].lower().startswith(begun)][:4]
    near = near or _near(asked, [row["language"] for row in rows])
    return f"Use for example {', '.join(near) or 'en-US, es, vi'}; GET /api/v1/voices lists all languages."


def _quoted(asked: str) -> str:
    return repr(asked if len(asked) <= 64 else f"{asked[:64]}…")

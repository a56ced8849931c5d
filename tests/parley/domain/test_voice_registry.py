"""The registry of voices is what the engines have; ids have one form, and what is unknown is told what comes near."""

from __future__ import annotations

import boto3
import pytest

from local.voices_file import FILE, content
from parley.domain.avatars import Avatar
from parley.domain.errors import InvalidInput
from parley.domain.voices import speaks, voices_of
from parley.operations.choose_voice import choose_voice
from renderer.speech.voices import check_voice

ALL = voices_of(polly=True, speech_voices="alloy, linh=vi-VN/female")


def test_the_file_says_what_the_library_has() -> None:
    assert FILE.read_text(encoding="utf-8") == content()


def test_every_voice_listed_is_one_that_its_engine_knows() -> None:
    model = boto3.session.Session(region_name="us-east-1").client("polly").meta.service_model
    names = set(model.shape_for("VoiceId").enum)
    regions = set(model.shape_for("LanguageCode").enum)
    for voice in ALL.listed():
        if voice.engine == "espeak":
            assert check_voice(voice.id)
        elif voice.engine == "polly":
            assert voice.id.removeprefix("polly:") in names
            assert voice.language in regions
        assert ALL.find(voice.id) == voice
    assert len({voice.id for voice in ALL.listed()}) == len({voice.name for voice in ALL.listed()})


def test_names_and_languages_are_what_people_call_them() -> None:
    voice = ALL.find("espeak:vi+f2")
    assert (voice.name, voice.language, voice.language_name) == (
        "Vietnamese (North) – female 2",
        "vi",
        "Vietnamese (North)",
    )
    assert (voice.gender, voice.engine) == ("female", "espeak")
    assert ALL.find("en-us").language == "en-US"
    assert ALL.find("vi-vn-x-south").name == "Vietnamese (South) – male"
    assert ALL.find("en-us+whisper").gender == "neutral"


@pytest.mark.parametrize("asked", ["espeak:en-us+f3", "en-us+f3", "EN_us+f3", " espeak:en-US+f3 ", "ESPEAK:en+f3"])
def test_an_id_with_and_without_its_engine_is_the_same_voice(asked: str) -> None:
    assert ALL.find(asked).id == "espeak:en-us+f3"


@pytest.mark.parametrize(
    ("asked", "advice"),
    [
        ("espeak:en-ux+f22", "espeak:en-us"),
        ("espeak:xx", "GET /api/v1/voices"),
        ("espeak:en-us+", "espeak:en-us"),
        ("en-us+../gmw/de", "espeak:"),
        ("polly:Joana", "polly:Joanna"),
        ("speech:aloy", "speech:alloy"),
        ("Joanna", "GET"),
        ("", "espeak:"),
        ("x" * 5000, "…"),
    ],
)
def test_an_unknown_voice_is_told_what_comes_near(asked: str, advice: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        ALL.find(asked)
    assert refusal.value.code == "voice_unknown"
    assert advice in refusal.value.message
    assert len(refusal.value.message) < 400


@pytest.mark.parametrize(("asked", "setting"), [("polly:Joanna", "POLLY"), ("speech:alloy", "SPEECH_URL")])
def test_a_voice_whose_engine_is_not_set_up_names_the_setting(asked: str, setting: str) -> None:
    with pytest.raises(InvalidInput, match=setting) as refusal:
        voices_of().find(asked)
    assert refusal.value.code == "voice_unknown"


@pytest.mark.parametrize(
    ("language", "gender", "found"),
    [
        ("vi-VN", "female", "espeak:vi+f2"),
        ("vi", "male", "espeak:vi+m3"),
        ("de-AT", None, "espeak:de"),
        ("zh-CN", None, "espeak:cmn"),
        ("EN_gb", "female", "espeak:en-gb+f2"),
    ],
)
def test_a_language_finds_a_voice_of_the_gender(language: str, gender: str | None, found: str) -> None:
    assert ALL.match(language, gender).id == found


@pytest.mark.parametrize(("asked", "advice"), [("vietnamese", "vi"), ("qq", "sq, qu"), ("", "en-US"), ("e\nn", "GET")])
def test_an_unknown_language_is_told_what_comes_near(asked: str, advice: str) -> None:
    with pytest.raises(InvalidInput, match=advice) as refusal:
        ALL.match(asked)
    assert refusal.value.code == "language_unknown"


def test_listing_is_by_language_gender_and_engine() -> None:
    assert {voice.id for voice in ALL.listed("vi", "female") if voice.engine == "speech"} == {"speech:linh"}
    assert "espeak:vi-vn-x-south+f2" in {voice.id for voice in ALL.listed("vi", "female")}
    assert "espeak:en-gb" not in {voice.id for voice in ALL.listed("en-US")}
    assert {voice.engine for voice in ALL.listed("ja", engine="polly")} == {"polly"}
    assert {voice.id for voice in ALL.listed("zh", engine="polly")} >= {"polly:Zhiyu"}
    assert [voice.id for voice in voices_of(speech_voices="alloy").listed("qq")] == ["speech:alloy"]
    assert len({voice.language for voice in voices_of().listed()}) > 130


@pytest.mark.parametrize("given", ["a=xx", "a=en/robot", "=en"])
def test_voices_by_setting_of_another_form_are_refused(given: str) -> None:
    with pytest.raises(ValueError, match="SPEECH_VOICES"):
        voices_of(speech_voices=given)


def test_a_voice_speaks_its_own_language_and_region() -> None:
    north = ALL.find("espeak:vi+f2")
    assert speaks(north, "vi-VN")
    assert not speaks(north, "en")
    assert speaks(ALL.find("espeak:en-us"), "en")
    assert not speaks(ALL.find("espeak:en-us"), "en-GB")
    assert speaks(ALL.find("speech:alloy"), "sw")


def avatar(voice: str | None = None, **told: str) -> Avatar:
    return Avatar(
        id="ava_1", tenant_id="ten_1", environment="test", display_name="x", source_kind="image", model_id="m",
        status="ready", default_voice_id=voice, metadata=told, created_at="", updated_at="",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("who", "voice_id", "language", "chosen"),
    [
        (avatar("vi+f2"), None, None, "espeak:vi+f2"),
        (avatar("vi+f2"), None, "vi", "espeak:vi+f2"),
        (avatar("vi+f2"), None, "en-US", "espeak:en-us+f2"),
        (avatar("en-gb+m3"), None, "fr", "espeak:fr-fr+m3"),
        (avatar("vi+f2"), "polly:joanna", "vi", "polly:Joanna"),
        (avatar(), None, None, "espeak:en-us"),
        (avatar(gender="female", language="vi-VN"), None, None, "espeak:vi+f2"),
        (avatar(gender="female"), None, "de", "espeak:de+f2"),
        (avatar("speech:alloy"), None, "sw", "speech:alloy"),
    ],
)
def test_an_avatar_speaks_with_its_own_voice_or_one_that_fits(
    who: Avatar, voice_id: str | None, language: str | None, chosen: str
) -> None:
    assert choose_voice(ALL, who, voice_id, language) == chosen


def test_an_unknown_language_is_refused_even_with_a_voice() -> None:
    with pytest.raises(InvalidInput) as refusal:
        choose_voice(ALL, avatar(), "espeak:vi", "qq")
    assert refusal.value.code == "language_unknown"

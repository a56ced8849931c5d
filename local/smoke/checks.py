"""The twenty checks, in order: a later one uses what an earlier one made, and says so."""

from local.smoke import assets, doors, ledger, renders, turns
from local.smoke.verdict import Check

CHECKS: tuple[Check, ...] = (
    Check("health", "It answers, with an OpenAPI 3.1 document", doors.health),
    Check("keys", "No key, a malformed one and an unknown one are refused; this one is good", doors.keys),
    Check("voices", "Voices are listed, by language too", doors.voices, ("keys",)),
    Check("portrait", "A portrait passes the face check", assets.portrait_accepted, ("keys",)),
    Check("portrait_advice", "A picture without a face is refused with advice", assets.portrait_refused, ("keys",)),
    Check("presigned_upload", "A sound goes straight to storage and is inspected", assets.sound_presigned, ("keys",)),
    Check("avatar", "An avatar is made, listed, renamed and deleted", assets.avatar_kept, ("portrait",)),
    Check("render_text", "A text becomes a video", renders.from_text, ("avatar",)),
    Check("replay", "The same request again is the same render", renders.replayed, ("render_text",)),
    Check("video", "Every picture decodes; lengths agree to the sample", renders.video_whole, ("render_text",)),
    Check("render_sound", "An uploaded sound becomes a video", renders.from_sound, ("avatar", "presigned_upload")),
    Check("render_url", "A sound at a URL becomes a video", renders.from_url, ("avatar", "presigned_upload")),
    Check("cancel", "A cancelled render gives everything back", renders.cancelled, ("avatar",)),
    Check("lipsync", "One call waits for its video", renders.lipsync, ("avatar", "presigned_upload")),
    Check("batch", "A manifest becomes videos and a results file", renders.batch, ("avatar",)),
    Check("turn", "A turn streams to its end, counted to the sample", turns.streamed, ("avatar",)),
    Check("turn_key", "A turn's key is good for one turn", turns.key_once, ("turn",)),
    Check("interrupt", "A turn that is cut short is charged up to there", turns.interrupted, ("turn",)),
    Check("environments", "Another environment sees nothing", doors.environments, ("render_text",)),
    Check("ledger", "The wallet lost what everything cost, to the micro", ledger.adds_up, ("keys",)),
)

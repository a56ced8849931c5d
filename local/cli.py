"""The `parley` command. Each command imports what it needs when it runs, so that `--help` is quick."""

from pathlib import Path
from typing import Annotated

import typer

from local.admin.commands import admin

app = typer.Typer(
    name="parley",
    help="The open platform for talking avatars: a portrait goes in, a face that speaks comes out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.add_typer(admin, name="admin")

State = Annotated[Path, typer.Option("--state", help="The folder that keeps everything.", show_default=".parley")]
_STATE = Path(".parley")


@app.command()
def up(
    port: Annotated[int, typer.Option(min=0, max=65535, help="The one port; 0 takes a free one.")] = 8080,
    state: State = _STATE,
    plan: Annotated[str | None, typer.Option(help="sandbox, developer, studio or scale (a new folder: scale).")] = None,
    allow_fetch: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST:PORT", help="Let URLs name this address of yours, private or not. Repeatable."),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=16, help="How many renders run at once.")] = 1,
) -> None:
    """Run the whole platform here, on one port, until Ctrl-C."""
    from local.platform import PlatformOptions
    from local.up import run

    options = PlatformOptions(port, state, plan, tuple(allow_fetch or ()), workers)
    raise typer.Exit(run(options))


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", "-o", help="Where the video goes.")] = Path("demo.mp4"),
    state: State = _STATE,
    port: Annotated[int | None, typer.Option(help="Default: 8080 when it is free, else any.")] = None,
) -> None:
    """Make a first video through the real API: our presenter, speaking."""
    from local.demo import run

    raise typer.Exit(run(out, state, port))


@app.command()
def render(
    portrait: Annotated[Path, typer.Argument(help="A photo of one face; or a clip of 2 to 10 s (MP4, MOV, WebM).")],
    speech: Annotated[Path | None, typer.Argument(help="WAV, MP3, M4A, Opus, FLAC, or a video's sound.")] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Where the video goes.")] = Path("out.mp4"),
    text: Annotated[str | None, typer.Option(help="What to say, in place of SPEECH.")] = None,
    voice: Annotated[str, typer.Option(help="Who says --text: a language or accent of espeak-ng.")] = "en-us",
    size: Annotated[int, typer.Option(help="The longer side in pixels, 256 to 1536, even.")] = 512,
    aspect: Annotated[str, typer.Option(help="1:1, 16:9 or 9:16.")] = "1:1",
    fps: Annotated[int, typer.Option(help="Pictures a second: 24, 25 or 30.")] = 25,
    background: Annotated[
        str | None,
        typer.Option(help="A colour (white, #20a0c0), green_screen, transparent (WebM), or a picture file."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Chooses the head's movement and the blinks.")] = 0,
    emotion: Annotated[str, typer.Option(help="neutral, happy, curious, serious, sad or excited.")] = "neutral",
    intensity: Annotated[float, typer.Option(help="How much of the emotion is seen, 0 to 1.")] = 0.5,
    burn_captions: Annotated[
        str | None, typer.Option(metavar="STYLE", help="In the picture: clean, bold, karaoke, boxed or minimal.")
    ] = None,
    captions: Annotated[Path | None, typer.Option(help="Where captions go as WebVTT.")] = None,
    transcript: Annotated[str | None, typer.Option(help="What SPEECH says, or a text file of it.")] = None,
) -> None:
    """Make a video here, with no server: a portrait and a recording, or a portrait and --text."""
    from local.render_command import RenderRequest, run

    request = RenderRequest(
        portrait,
        speech,
        out,
        text=text,
        voice=voice,
        size=size,
        fps=fps,
        background=background,
        seed=seed,
        emotion=emotion,
        intensity=intensity,
        aspect=aspect,
        captions=captions,
        burn_captions=burn_captions,
        transcript=transcript,
    )
    raise typer.Exit(run(request))


@app.command()
def sheet(
    portrait: Annotated[Path, typer.Argument(help="A photo of one face: JPEG, PNG or WebP.")],
    speech: Annotated[Path | None, typer.Argument(help="What it says in the sheet. Default: our sentence.")] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Where the picture goes.")] = Path("sheet.png"),
) -> None:
    """Draw all that a portrait's face can do as one picture: visemes, eyes, head, expressions, a sentence."""
    from local.sheet_command import SheetRequest, run

    raise typer.Exit(run(SheetRequest(portrait, out, speech)))


@app.command()
def presenters(
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder for the pictures.")] = Path("presenters"),
    size: Annotated[int, typer.Option(help="Width and height in pixels, 64 to 2048.")] = 1024,
) -> None:
    """Draw our six presenters as PNG files."""
    from local.presenters_command import PresentersRequest, run

    raise typer.Exit(run(PresentersRequest(out, size)))


@app.command()
def doctor(state: State = _STATE, port: Annotated[int, typer.Option(help="The port to look at.")] = 8080) -> None:
    """Say what is installed, what is missing, what each means and what to do."""
    from local.doctor import run

    raise typer.Exit(run(state, port))


@app.command()
def smoke(
    url: Annotated[str, typer.Argument(help="The deployment's base URL, local or in AWS.")],
    key: Annotated[str, typer.Option(envvar="PARLEY_KEY", help="A live key with the scope *. Or PARLEY_KEY.")],
    other_key: Annotated[
        str | None, typer.Option(envvar="PARLEY_OTHER_KEY", help="A key of the other environment, for a test key.")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Where the JSON report goes.")] = None,
    portrait: Annotated[Path | None, typer.Option(help="A photo of one face. Default: one that we draw.")] = None,
    speech: Annotated[Path | None, typer.Option(help="A recording. Default: one that we synthesise.")] = None,
    patience: Annotated[float, typer.Option(min=5, max=7200, help="Seconds to wait for a fleet that sleeps.")] = 900,
) -> None:
    """Accept a deployment: twenty named checks through its API, one report; status 1 when one fails."""
    from local.smoke.command import SmokeRequest, run

    request = SmokeRequest(
        url=url,
        key=key,
        other_key=other_key,
        report=report,
        portrait=portrait,
        speech=speech,
        patience_seconds=patience,
    )
    raise typer.Exit(run(request))


def main() -> None:
    app()


if __name__ == "__main__":
    main()

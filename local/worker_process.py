"""A rendering worker as a child of `parley up`: the very worker of the container, tied to its parent's life."""

from importlib import import_module

from local import child


def main() -> None:
    process = child.begin()
    # What a job needs, too: where it is missing, the worker must fail before it says that it is ready.
    import_module("renderer.job_renderer")
    from renderer.worker import main as work

    process.ready()
    work()


if __name__ == "__main__":
    main()

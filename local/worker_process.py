"""A rendering worker as a child of `parley up`: the very worker of the container, tied to its parent's life."""

from local import child


def main() -> None:
    process = child.begin()
    from renderer.worker import main as work

    process.ready()
    work()


if __name__ == "__main__":
    main()

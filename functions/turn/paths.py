"""Which requests are for the realtime app and not for the control plane: the rule of every door in front of both."""

_PREFIX = "/api/v1/realtime/"
_WHOLE = frozenset({"prepare", "turn", "stream"})
_BELOW = "turns/"


def is_realtime(path: str) -> bool:
    rest = path.removeprefix(_PREFIX)
    return rest != path and (rest in _WHOLE or rest.startswith(_BELOW))

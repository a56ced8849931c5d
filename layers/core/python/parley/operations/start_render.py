"""Start the workflow of a submitted render: named after the render, so that a second message changes nothing."""

from parley.domain.errors import NotFound
from parley.domain.spaces import Space
from parley.store.stores import Stores


def start_render(stores: Stores, space: Space, render_id: str) -> bool:
    """Whether a workflow was started now. False for a render that has ended, is gone, or has its workflow already."""
    try:
        render = stores.renders.get(space, render_id)
    except NotFound:
        return False
    if render.ended:
        return False
    payload = {"renderId": render_id, "tenant": space.tenant, "environment": space.environment}
    return stores.workflow.start(render_id, payload)

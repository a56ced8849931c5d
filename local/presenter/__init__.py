"""Our own presenter: a portrait drawn entirely by code."""

from local.presenter.drawing import draw_presenter
from local.presenter.look import DEFAULT, Presenter

__all__ = ["DEFAULT", "Presenter", "draw_presenter"]

"""The dialogue compiler: a Rasa 3.x project becomes one dialogue.json."""

from model_artifacts.training.dialogue.compilation import compile_dialogue, compile_project
from model_artifacts.training.dialogue.problems import Problem, Uncompilable

__all__ = ["Problem", "Uncompilable", "compile_dialogue", "compile_project"]

"""What a network of fewer layers learns from: a trained one, and texts without a label beside the examples."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from functions.nlu.intent import FALLBACK
from model_artifacts.training.knowledge.vectors import Vectoriser
from model_artifacts.training.nlu.assistant import Assistant
from model_artifacts.training.nlu.dataset import Dataset
from model_artifacts.training.nlu.encoder import Encoder, read_encoder
from model_artifacts.training.nlu.finetuning import Learned
from model_artifacts.training.nlu.lesson import Lesson
from model_artifacts.training.nlu.reading import Example
from model_artifacts.training.nlu.unlabelled import list_unlabelled

if TYPE_CHECKING:
    from model_artifacts.training.nlu.distilling import Teacher


@dataclass(frozen=True, slots=True)
class Teaching:
    encoder: Encoder
    """Of the teacher, with the student's pieces."""
    unlabelled: Sequence[str]
    pretrained: Path
    """The directory of the encoder as it came, whose vectors documents are found by."""
    languages: tuple[str, ...]

    def make_teacher(self, learned: Learned, lesson: Lesson) -> "Teacher":
        """The teacher of the lesson. It takes PyTorch."""
        from model_artifacts.training.nlu.distilling import Teacher, Unlabelled

        examples = [Example(text, FALLBACK, authored=False, marked=False) for text in self.unlabelled]
        vectors = Vectoriser(read_encoder(self.pretrained), self.languages).encode(self.unlabelled)
        unlabelled = Unlabelled(lesson.samples(examples), vectors)
        return Teacher(self.encoder, learned, lesson.scheme, lesson.lookups.rows, unlabelled)


def add_unlabelled(dataset: Dataset, assistant: Assistant, source: Path, data: Path | None, seed: int) -> Dataset:
    """The data set with texts for a student of the assistant in the directory `source`."""
    kept_out = (*dataset.validation, *dataset.held_out)
    pages = Path(".parley") / "knowledge" / assistant.name / "pages"
    return replace(dataset, unlabelled=list_unlabelled(assistant, source, data, kept_out, pages, seed))

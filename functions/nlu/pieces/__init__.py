"""Texts cut into the pieces of an encoder's vocabulary, without the package tokenizers (README.md beside this file)."""

from functions.nlu.pieces.reader import FILE as FILE
from functions.nlu.pieces.reader import Encoding as Encoding
from functions.nlu.pieces.reader import Reader as Reader
from functions.nlu.pieces.reader import open_reader as open_reader

"""The AI SDK with its provider for OpenAI, under Node.js."""

from pathlib import Path
from typing import Final

DIRECTORY: Final = Path(__file__).resolve().parent

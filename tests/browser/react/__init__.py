"""Tests of the example in React, built as for production."""

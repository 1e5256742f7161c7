"""A real browser for tests: Chromium from an npm package, or one on the PATH where that one does not run."""

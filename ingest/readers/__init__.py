"""One reader per format: pure functions from a file's bytes to its text, run in a confined child process."""

"""The page: a chat over the core in a browser, served on this machine only."""

"""The `yingshang` command: thin, each command a function of an area or of rules."""

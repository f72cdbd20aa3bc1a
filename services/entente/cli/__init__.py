"""The command line: one file for each noun, ``main`` for the whole."""

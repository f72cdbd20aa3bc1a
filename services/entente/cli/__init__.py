"""The command line. Thin: every command reads its options, calls one room and prints.

Exit codes follow BSD ``sysexits.h`` and are listed in ``errors.py``; 130 is Ctrl-C.
"""

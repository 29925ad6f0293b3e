"""leakgui: does a running program leak, what leaks, where, and what now?"""

__version__ = "0.1.0"

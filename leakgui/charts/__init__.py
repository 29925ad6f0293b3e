"""Plots drawn with pyqtgraph, for the window and for files."""

import os

# pyqtgraph takes the first Qt that it finds; here it is always this one.
os.environ["PYQTGRAPH_QT_LIB"] = "PySide6"

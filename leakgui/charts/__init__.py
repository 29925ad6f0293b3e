"""Plots drawn with pyqtgraph, for the window and for files."""

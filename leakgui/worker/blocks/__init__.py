"""The blocks of a heap as bitmaps: which one an address lies in, and how long it is."""

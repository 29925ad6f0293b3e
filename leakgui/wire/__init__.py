"""How leakgui's processes talk: frames, file descriptors, and children."""

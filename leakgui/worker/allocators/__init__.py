"""The heap allocators that leakgui can walk."""

"""ELF files of strangers, read by bounded tables."""

"""The process that interprets copied memory, without rights."""

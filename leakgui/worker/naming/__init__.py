"""What blocks are: names of classes and symbols, groups, and where memory is."""

"""Say what the evidence means and what to do next."""

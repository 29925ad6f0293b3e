"""Practice targets: small programs that misbehave on purpose, and say how."""

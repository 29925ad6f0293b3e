"""Files to hand to someone else."""

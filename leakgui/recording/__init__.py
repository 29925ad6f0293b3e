"""Keep measuring while the front end does other things."""

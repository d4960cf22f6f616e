"""Where problems come from: each module has a function that returns those that exist now."""

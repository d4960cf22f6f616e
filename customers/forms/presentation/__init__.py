"""How a form shows each node of its model: label, help, limits, options, order and width."""

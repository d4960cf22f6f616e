"""What the cells of a row ask for, beside the form of one customer: instructions, and what is wrong with them."""

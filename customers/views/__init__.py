"""One module per family of pages. A view loads, branches on the method, builds a context and renders once."""

"""`make audit`: every page in its states, examined by checkers that are not ours.

`pages` lists the states, `stack` starts what serves them, and one module runs each checker. The suite runs the HTML
checkers over the same pages: tests/site/test_html.py.
"""

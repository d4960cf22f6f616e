"""Imports: a file that changes customers, from its upload to the batch that it becomes. Runs without a request.

`states` has the moves, `uploading` stores a file, `reading` and `checking` are the worker's two steps; `fields` and
`matching_columns` say what a column means, `customers` which customer a row means, `sheets/` what its cells
ask for. `correcting` mends problems, `sending` makes the batch, `result` makes the files that go back to the person.
"""

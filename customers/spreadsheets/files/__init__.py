"""Tables as files: read what people upload, write what they download. Knows no customers, no database, no request.

`reading` is the door for reading, `writing` the one for writing. What a table is made of is in `tables`, what is too
large is in `limits`.
"""

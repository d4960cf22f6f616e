"""The rules about the data of one customer: what is missing in it, and what cannot be right. They call nobody.

A row of the index has the rules that it breaks as bits of a number, so that counting reads one index of the database.
"""

from typing import Any

from django.db import migrations


# What searches on PostgreSQL look up, for customers/index/backends.py, which writes these expressions alike. Neither
# needs an extension. As migration 0032 has it for the trigrams, few kB wait to be put into the first.
#
# The words of a customer that may be found with a typing error: a dozen of them take ten times as long by their trigrams.
WORDS = """
CREATE INDEX customers_indexedcustomer_words ON customers_indexedcustomer
USING gin (string_to_array(btrim(split_part(searched, '  ', 1)), ' ')) WITH (gin_pending_list_limit = 64)
"""
# What a common text is looked for in, in the order of names: in the table each row of that order is on another page.
# A row of such an index has at most 2,700 bytes, so that customers with more words have an index without them.
BY_NAME = """
CREATE INDEX customers_indexedcustomer_read ON customers_indexedcustomer (name_key, id) INCLUDE (searched)
WHERE octet_length(searched) <= 1400
"""
BY_NAME_LONG = """
CREATE INDEX customers_indexedcustomer_read_long ON customers_indexedcustomer (name_key, id)
WHERE octet_length(searched) > 1400
"""
# How many customers contain a text is estimated from so many examples, in place of 100: by it the planner chooses
# between the words and the trigrams.
EXAMPLES = "ALTER TABLE customers_indexedcustomer ALTER COLUMN searched SET STATISTICS {}"


def add_indexes(apps: Any, schema_editor: Any) -> None:
    """Make searches quick on PostgreSQL. SQLite is as quick without them."""
    if schema_editor.connection.vendor == 'postgresql':
        with schema_editor.connection.cursor() as cursor:
            for statement in (WORDS, BY_NAME, BY_NAME_LONG, EXAMPLES.format(400)):
                cursor.execute(statement)


def remove_indexes(apps: Any, schema_editor: Any) -> None:
    """Drop them."""
    if schema_editor.connection.vendor == 'postgresql':
        with schema_editor.connection.cursor() as cursor:
            for name in ('words', 'read', 'read_long'):
                cursor.execute(f'DROP INDEX IF EXISTS customers_indexedcustomer_{name}')
            cursor.execute(EXAMPLES.format(-1))


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0032_index_upkeep'),
    ]

    operations = [
        migrations.RunPython(add_indexes, remove_indexes),
    ]

from typing import Any

from django.db import migrations


# Tables that the index of customers is written to again and again, and searched.
TABLES = ('customers_indexedcustomer', 'customers_indexedword')
# PostgreSQL waits by default for a fifth of a table to change. Until then what was written is searched slowly.
VACUUMED = {
    'autovacuum_vacuum_scale_factor': '0.02',
    'autovacuum_vacuum_insert_scale_factor': '0.02',
    'autovacuum_analyze_scale_factor': '0.02',
}
# Each search reads what waits to be put into the trigrams: at most so many kB, in place of 4 MB.
WAITING = 64


def set_upkeep(apps: Any, schema_editor: Any) -> None:
    """Have PostgreSQL keep the tables of the index quick to search while they are filled."""
    settings = ', '.join(f'{name} = {value}' for name, value in VACUUMED.items())
    _alter(schema_editor, f'SET ({settings})', f'SET (gin_pending_list_limit = {WAITING})')


def reset_upkeep(apps: Any, schema_editor: Any) -> None:
    """Return to PostgreSQL's own settings."""
    _alter(schema_editor, f"RESET ({', '.join(VACUUMED)})", 'RESET (gin_pending_list_limit)')


def _alter(schema_editor: Any, of_table: str, of_index: str) -> None:
    if schema_editor.connection.vendor != 'postgresql':
        return
    with schema_editor.connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f'ALTER TABLE {table} {of_table}')
            # Without pg_trgm there is none.
            cursor.execute(f'ALTER INDEX IF EXISTS {table}_trigrams {of_index}')


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0031_problems_counted'),
    ]

    operations = [
        migrations.RunPython(set_upkeep, reset_upkeep),
    ]

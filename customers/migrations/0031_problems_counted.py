from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0030_changes_of_company'),
    ]

    operations = [
        migrations.RemoveIndex(model_name='write', name='problems_of_company'),
        migrations.AddIndex(
            model_name='write',
            index=models.Index(condition=models.Q(('is_problem', 1)), fields=['company_id', 'customer_id', 'state', 'confirmation', 'user', 'seen_at', 'confirmed_at', 'completed_at', 'created_at', 'id', 'is_problem'], name='problems_of_company'),
        ),
    ]

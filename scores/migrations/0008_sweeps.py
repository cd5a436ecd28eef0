"""What the sweeper found."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("scores", "0007_marks"),
    ]

    operations = [
        migrations.CreateModel(
            name="Sweep",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("compared", models.BigIntegerField(help_text="Rows of PostgreSQL's.")),
                ("differences", models.BigIntegerField()),
                ("repaired", models.BigIntegerField()),
                (
                    "window",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="scores.window",
                    ),
                ),
            ],
            options={
                "db_table": "sweeps",
                "indexes": [models.Index(fields=["finished_at"], name="sweeps_finished")],
            },
        ),
    ]

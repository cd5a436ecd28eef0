"""Who this installation is, and the moments that its ranks were brought to: docs/decisions/0018."""

import uuid

import django.contrib.postgres.functions
import django.db.models.functions.datetime
from django.db import migrations, models

THE_ROW = """
INSERT INTO installation DEFAULT VALUES;
CREATE TRIGGER installation_keep BEFORE DELETE ON installation FOR EACH ROW EXECUTE FUNCTION refuse_delete();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("scores", "0006_pages_a_session_touches"),
    ]

    operations = [
        migrations.CreateModel(
            name="Installation",
            fields=[
                ("only", models.BooleanField(db_default=True, primary_key=True, serialize=False)),
                ("identity", models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID())),
            ],
            options={
                "db_table": "installation",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("only", True)), name="installation_one_row"),
                ],
            },
        ),
        migrations.CreateModel(
            name="RankMark",
            fields=[
                ("token", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "db_table": "rank_marks",
            },
        ),
        migrations.RunSQL(THE_ROW, reverse_sql=migrations.RunSQL.noop),
    ]

"""Logins of programs: families of refresh tokens."""

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("scores", "0003_moderation"),
    ]

    operations = [
        migrations.CreateModel(
            name="RefreshFamily",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("handle", models.CharField(max_length=22)),
                ("digest", models.CharField(max_length=64)),
                ("credentials", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("expires_at", models.DateTimeField(db_index=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refresh_families",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "refresh families",
                "db_table": "refresh_families",
                "constraints": [models.UniqueConstraint(fields=("handle",), name="refresh_families_handle")],
            },
        ),
    ]

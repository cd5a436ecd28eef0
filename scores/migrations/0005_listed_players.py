"""Indexes of the few players whom moderators list: the banned, and staff."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("scores", "0004_accounts"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="player",
            index=models.Index(condition=models.Q(("state", "banned")), fields=["id"], name="users_banned"),
        ),
        migrations.AddIndex(
            model_name="player",
            index=models.Index(condition=models.Q(("is_staff", True)), fields=["id"], name="users_staff"),
        ),
    ]

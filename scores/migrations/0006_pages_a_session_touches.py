"""Fewer pages are written for a session: docs/decisions/0016.

A foreign key locks the row that it points to, which writes to that row's page: of all players who
play, and of the one client whom every batch names. What they guard is guarded here: users and
clients are never deleted, and the ledger reads both in the transaction that names them.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FORWARDS = """
CREATE TRIGGER clients_keep BEFORE DELETE ON clients FOR EACH ROW EXECUTE FUNCTION refuse_delete();
ALTER TABLE game_sessions DROP CONSTRAINT game_sessions_user_id_fkey, DROP CONSTRAINT game_sessions_client_id_fkey;
ALTER TABLE idempotency_keys DROP CONSTRAINT idempotency_keys_client_id_fkey;

-- In this order the primary key finds a player's standings too: one index less.
DROP INDEX leaderboard_user;
ALTER TABLE leaderboard DROP CONSTRAINT leaderboard_pkey, ADD PRIMARY KEY (user_id, window_id);
-- Room for a standing's next version on the page where it stands.
ALTER TABLE leaderboard SET (fillfactor = 80);
"""


def _without_constraint(related_name, to):
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name=related_name,
        to=to,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("scores", "0005_listed_players"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(FORWARDS)],
            state_operations=[
                migrations.AlterField("gamesession", "user", _without_constraint("sessions", settings.AUTH_USER_MODEL)),
                migrations.AlterField("gamesession", "client", _without_constraint("sessions", "scores.client")),
                migrations.AlterField(
                    "idempotencykey", "client", _without_constraint("idempotency_keys", "scores.client")
                ),
                migrations.AlterField(
                    "standing",
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="standings",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
    ]

"""The ledger: partitioned sessions, standings with rev and changed_xid, idempotency keys, and their guards.

Written in SQL, because Django has no word for partitions, triggers, partial indexes or xid8.
"""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from scores import partitions

MAXIMUM = 2**53 - 1  # the largest whole number that JSON readers and a sorted set's double keep exactly

TABLES = f"""
CREATE SEQUENCE rev;

-- Sessions --------------------------------------------------------------------------------------
CREATE SEQUENCE game_sessions_id_seq;
CREATE TABLE game_sessions (
    id           bigint      NOT NULL DEFAULT nextval('game_sessions_id_seq'),
    user_id      bigint      NOT NULL REFERENCES users,
    score        bigint      NOT NULL CONSTRAINT game_sessions_score_range CHECK (score BETWEEN 0 AND {MAXIMUM}),
    game_mode    varchar(50) NOT NULL,
    outcome      varchar(4)  CONSTRAINT game_sessions_outcome_known CHECK (outcome IN ('win', 'loss', 'draw')),
    timestamp    timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    recorded_xid xid8        NOT NULL DEFAULT pg_current_xact_id(),
    client_id    bigint      NOT NULL REFERENCES clients,
    voided_at    timestamptz,
    PRIMARY KEY (id, timestamp)
) PARTITION BY RANGE (timestamp);
ALTER SEQUENCE game_sessions_id_seq OWNED BY game_sessions.id;
CREATE TABLE game_sessions_default PARTITION OF game_sessions DEFAULT;
CREATE INDEX game_sessions_user_time ON game_sessions (user_id, timestamp);
CREATE INDEX game_sessions_time ON game_sessions USING brin (timestamp);

-- Standings -------------------------------------------------------------------------------------
CREATE TABLE leaderboard (
    window_id   bigint           NOT NULL REFERENCES board_windows,
    user_id     bigint           NOT NULL REFERENCES users,
    total_score bigint           NOT NULL
                CONSTRAINT leaderboard_total_score_range CHECK (total_score BETWEEN 0 AND {MAXIMUM}),
    sort_key    double precision NOT NULL,
    games       bigint           NOT NULL,
    wins        bigint           NOT NULL,
    reached_at  timestamptz      NOT NULL,
    hidden      boolean          NOT NULL,
    rev         bigint           NOT NULL,
    changed_xid xid8             NOT NULL,
    PRIMARY KEY (window_id, user_id)
);
CREATE INDEX leaderboard_order ON leaderboard (window_id, sort_key, user_id) WHERE NOT hidden;
CREATE INDEX leaderboard_changed ON leaderboard (changed_xid);
CREATE INDEX leaderboard_user ON leaderboard (user_id);

-- Idempotency -----------------------------------------------------------------------------------
CREATE TABLE idempotency_keys (
    client_id   bigint       NOT NULL REFERENCES clients,
    key         varchar(255) NOT NULL,
    session_id  bigint       NOT NULL,
    body_digest bytea        NOT NULL,
    PRIMARY KEY (client_id, key)
);
"""

REVS = """
-- The rev is drawn while the row lock is held (PostgreSQL locks the row before it runs a BEFORE
-- trigger), so for one row the order of revs is the order of commits. changed_xid lets the
-- reconciler find what became visible since its snapshot, also for bulk updates and raw SQL.
CREATE FUNCTION draw_rev() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.rev := nextval('rev');
    NEW.changed_xid := pg_current_xact_id();
    RETURN NEW;
END $$;
CREATE TRIGGER leaderboard_rev BEFORE INSERT OR UPDATE ON leaderboard FOR EACH ROW EXECUTE FUNCTION draw_rev();

-- Players: only what boards show draws a rev; a login must not.
ALTER TABLE users ADD COLUMN changed_xid xid8 NOT NULL DEFAULT '0';
CREATE INDEX users_changed ON users (changed_xid);
CREATE TRIGGER users_rev_insert BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION draw_rev();
CREATE TRIGGER users_rev_update BEFORE UPDATE ON users FOR EACH ROW
    WHEN (OLD.username IS DISTINCT FROM NEW.username OR OLD.state IS DISTINCT FROM NEW.state)
    EXECUTE FUNCTION draw_rev();
-- Django saves every field, also a rev that it read long ago.
CREATE FUNCTION keep_rev() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.rev := OLD.rev;
    NEW.changed_xid := OLD.changed_xid;
    RETURN NEW;
END $$;
CREATE TRIGGER users_rev_keep BEFORE UPDATE ON users FOR EACH ROW
    WHEN (OLD.username IS NOT DISTINCT FROM NEW.username AND OLD.state IS NOT DISTINCT FROM NEW.state)
    EXECUTE FUNCTION keep_rev();
"""

GUARDS = """
CREATE FUNCTION refuse_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never deleted', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', HINT = 'Void a session or ban a player instead.';
END $$;
CREATE TRIGGER users_keep BEFORE DELETE ON users FOR EACH ROW EXECUTE FUNCTION refuse_delete();
CREATE TRIGGER game_sessions_keep BEFORE DELETE ON game_sessions FOR EACH ROW EXECUTE FUNCTION refuse_delete();
CREATE TRIGGER leaderboard_keep BEFORE DELETE ON leaderboard FOR EACH ROW EXECUTE FUNCTION refuse_delete();
CREATE TRIGGER idempotency_keys_keep BEFORE DELETE ON idempotency_keys
    FOR EACH ROW EXECUTE FUNCTION refuse_delete();

CREATE FUNCTION refuse_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a recorded session is never rewritten'
        USING ERRCODE = 'restrict_violation', HINT = 'Only voided_at may change.';
END $$;
CREATE TRIGGER game_sessions_append_only BEFORE UPDATE ON game_sessions FOR EACH ROW
    WHEN (to_jsonb(OLD) - 'voided_at' IS DISTINCT FROM to_jsonb(NEW) - 'voided_at')
    EXECUTE FUNCTION refuse_rewrite();
"""

GLOBAL_BOARD = """
INSERT INTO boards (slug, name) VALUES ('global', 'Global');
INSERT INTO board_windows (board_id, slug) SELECT id, 'all' FROM boards WHERE slug = 'global';
"""


def make_partitions(apps, schema_editor):
    partitions.ensure(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [
        ("scores", "0001_initial"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(TABLES),
                migrations.RunPython(make_partitions),
                migrations.RunSQL(REVS),
                migrations.RunSQL(GUARDS),
                migrations.RunSQL(GLOBAL_BOARD),
            ],
            state_operations=[
                migrations.CreateModel(
                    name="GameSession",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("score", models.BigIntegerField()),
                        ("game_mode", models.CharField(max_length=50)),
                        (
                            "outcome",
                            models.CharField(
                                choices=[
                                    ("win", "Win"),
                                    ("loss", "Loss"),
                                    ("draw", "Draw"),
                                ],
                                max_length=4,
                                null=True,
                            ),
                        ),
                        (
                            "timestamp",
                            models.DateTimeField(
                                help_text="When the session counts: played_at, or when it was recorded."
                            ),
                        ),
                        (
                            "recorded_at",
                            models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                        ),
                        ("voided_at", models.DateTimeField(null=True)),
                        (
                            "client",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="sessions",
                                to="scores.client",
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="sessions",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "db_table": "game_sessions",
                        "ordering": ["-id"],
                    },
                ),
                migrations.CreateModel(
                    name="IdempotencyKey",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "client_id",
                                "key",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("key", models.CharField(max_length=255)),
                        ("session_id", models.BigIntegerField()),
                        ("body_digest", models.BinaryField(max_length=32)),
                        (
                            "client",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="idempotency_keys",
                                to="scores.client",
                            ),
                        ),
                    ],
                    options={
                        "db_table": "idempotency_keys",
                    },
                ),
                migrations.CreateModel(
                    name="Standing",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "window_id",
                                "user_id",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("total_score", models.BigIntegerField()),
                        (
                            "sort_key",
                            models.FloatField(help_text="Smallest is best; exact, because totals stay below 2^53."),
                        ),
                        ("games", models.BigIntegerField()),
                        ("wins", models.BigIntegerField()),
                        (
                            "reached_at",
                            models.DateTimeField(help_text="When the total was last changed."),
                        ),
                        ("hidden", models.BooleanField()),
                        ("rev", models.BigIntegerField()),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="standings",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "window",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="standings",
                                to="scores.window",
                            ),
                        ),
                    ],
                    options={
                        "db_table": "leaderboard",
                    },
                ),
            ],
        ),
    ]

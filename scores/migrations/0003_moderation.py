"""Moderation: held sessions, adjustments, bans that end, suspicions, and an audit trail that only grows."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

MAXIMUM = 2**53 - 1

SESSIONS = f"""
ALTER TABLE game_sessions
    DROP CONSTRAINT game_sessions_score_range,
    ADD CONSTRAINT game_sessions_kind_known CHECK (kind IN ('game', 'adjustment')),
    ADD CONSTRAINT game_sessions_score_range CHECK (
        CASE kind WHEN 'game' THEN score BETWEEN 0 AND {MAXIMUM} ELSE score BETWEEN -{MAXIMUM} AND {MAXIMUM} END
    );

CREATE OR REPLACE FUNCTION refuse_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a recorded session is never rewritten'
        USING ERRCODE = 'restrict_violation', HINT = 'Only voided_at and held_at may change.';
END $$;
DROP TRIGGER game_sessions_append_only ON game_sessions;
CREATE TRIGGER game_sessions_append_only BEFORE UPDATE ON game_sessions FOR EACH ROW
    WHEN (
        to_jsonb(OLD) - ARRAY['voided_at', 'held_at'] IS DISTINCT FROM to_jsonb(NEW) - ARRAY['voided_at', 'held_at']
    )
    EXECUTE FUNCTION refuse_rewrite();
"""

AUDIT = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail only grows'
        USING ERRCODE = 'restrict_violation', HINT = 'Decide anew; that is written down beside the old decision.';
END $$;
CREATE TRIGGER audit_trail_append_only BEFORE UPDATE OR DELETE ON audit_trail
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_trail_keep BEFORE TRUNCATE ON audit_trail FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("scores", "0002_ledger"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("ban", "banned"),
                            ("unban", "unbanned"),
                            ("rename", "renamed"),
                            ("adjust", "score adjusted"),
                            ("void", "voided"),
                            ("unvoid", "voiding undone"),
                            ("pass", "let pass"),
                            ("reject", "rejected"),
                            ("erase", "erased"),
                            ("export", "data exported"),
                            ("create", "created"),
                            ("edit", "edited"),
                            ("delete", "deleted"),
                            ("revoke", "revoked"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "subject_type",
                    models.CharField(
                        choices=[
                            ("player", "player"),
                            ("session", "session"),
                            ("board", "board"),
                            ("rule", "rule"),
                            ("api_key", "API key"),
                        ],
                        max_length=16,
                        verbose_name="about a",
                    ),
                ),
                ("subject_id", models.BigIntegerField(verbose_name="id")),
                ("reason", models.TextField()),
                ("before", models.JSONField(default=dict)),
                ("after", models.JSONField(default=dict)),
            ],
            options={
                "verbose_name": "decision",
                "db_table": "audit_trail",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="Suspicion",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("session_id", models.BigIntegerField(verbose_name="session")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("score", "score of one session"),
                            ("gain_per_minute", "points gained within a minute"),
                            ("sessions_per_minute", "sessions within a minute"),
                        ],
                        max_length=24,
                    ),
                ),
                ("threshold", models.BigIntegerField()),
                ("observed", models.BigIntegerField()),
                ("held", models.BooleanField(help_text="Whether the session counts only once it is let pass.")),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "verdict",
                    models.CharField(
                        choices=[("open", "open"), ("passed", "let pass"), ("rejected", "rejected")],
                        db_default="open",
                        default="open",
                        max_length=8,
                    ),
                ),
            ],
            options={
                "db_table": "suspicions",
                "ordering": ["-id"],
                "permissions": [("decide_suspicion", "Can let suspicious sessions pass or reject them")],
            },
        ),
        migrations.CreateModel(
            name="SuspicionRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("score", "score of one session"),
                            ("gain_per_minute", "points gained within a minute"),
                            ("sessions_per_minute", "sessions within a minute"),
                        ],
                        max_length=24,
                    ),
                ),
                ("threshold", models.BigIntegerField(help_text="Suspicious is what lies above it.")),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("hold", "hold: it counts only when a moderator lets it pass"),
                            ("pass", "let pass: it counts, and waits in the queue"),
                        ],
                        default="pass",
                        max_length=8,
                    ),
                ),
            ],
            options={
                "db_table": "suspicion_rules",
            },
        ),
        migrations.AlterModelOptions(
            name="apikey",
            options={"permissions": [("revoke_apikey", "Can revoke API keys")], "verbose_name": "API key"},
        ),
        migrations.AlterModelOptions(
            name="gamesession",
            options={"ordering": ["-id"], "permissions": [("void_gamesession", "Can void sessions and undo it")]},
        ),
        migrations.AlterModelOptions(
            name="player",
            options={
                "permissions": [
                    ("ban_player", "Can ban and unban players"),
                    ("rename_player", "Can rename players"),
                    ("adjust_player", "Can adjust the score of players"),
                    ("export_player", "Can export a player's data"),
                    ("erase_player", "Can erase players"),
                ]
            },
        ),
        migrations.RemoveConstraint(
            model_name="player",
            name="users_state_known",
        ),
        migrations.AddField(
            model_name="apikey",
            name="last_used_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="client",
            name="user",
            field=models.OneToOneField(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="client",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="gamesession",
            name="held_at",
            field=models.DateTimeField(help_text="Since when it waits for a moderator to let it pass.", null=True),
        ),
        migrations.AddField(
            model_name="gamesession",
            name="kind",
            field=models.CharField(
                choices=[("game", "game"), ("adjustment", "adjustment")],
                db_default="game",
                default="game",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="player",
            name="ban_reason",
            field=models.TextField(blank=True, db_default="", default="", editable=False),
        ),
        migrations.AddField(
            model_name="player",
            name="banned_until",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AlterField(
            model_name="player",
            name="state",
            field=models.CharField(
                choices=[("active", "Active"), ("banned", "Banned"), ("erased", "Erased")],
                db_default="active",
                default="active",
                max_length=16,
            ),
        ),
        migrations.AddIndex(
            model_name="player",
            index=models.Index(
                condition=models.Q(("banned_until__isnull", False)), fields=["banned_until"], name="users_ban_ends"
            ),
        ),
        migrations.AddConstraint(
            model_name="player",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["active", "banned", "erased"])), name="users_state_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="player",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state", "banned"), models.Q(("ban_reason", ""), ("banned_until", None)), _connector="OR"
                ),
                name="users_ban_of_the_banned",
            ),
        ),
        migrations.AddField(
            model_name="auditentry",
            name="actor",
            field=models.ForeignKey(
                help_text="Empty where the server decided by itself.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="decisions",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="auditentry",
            name="player",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="decided_about",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="suspicion",
            name="board",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="scores.board"
            ),
        ),
        migrations.AddField(
            model_name="suspicion",
            name="player",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="suspicions", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="suspicionrule",
            name="board",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="suspicion_rules", to="scores.board"
            ),
        ),
        migrations.CreateModel(
            name="FormerName",
            fields=[
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="former_name",
                        serialize=False,
                        to="scores.auditentry",
                    ),
                ),
                ("before", models.CharField(max_length=255)),
                ("after", models.CharField(max_length=255)),
                (
                    "player",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="former_names",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "former_names",
            },
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["player", "id"], name="audit_trail_player"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["subject_type", "subject_id"], name="audit_trail_subject"),
        ),
        migrations.AddConstraint(
            model_name="auditentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="audit_trail_reason_given"
            ),
        ),
        migrations.AddIndex(
            model_name="suspicion",
            index=models.Index(condition=models.Q(("verdict", "open")), fields=["id"], name="suspicions_open"),
        ),
        migrations.AddConstraint(
            model_name="suspicion",
            constraint=models.UniqueConstraint(fields=("session_id", "board", "kind"), name="suspicions_once"),
        ),
        migrations.AddConstraint(
            model_name="suspicionrule",
            constraint=models.UniqueConstraint(fields=("board", "kind"), name="suspicion_rules_one_of_a_kind"),
        ),
        migrations.AddConstraint(
            model_name="suspicionrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("threshold__gt", 0)), name="suspicion_rules_threshold"
            ),
        ),
        migrations.RunSQL(SESSIONS),
        migrations.RunSQL(AUDIT),
    ]

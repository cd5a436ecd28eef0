"""Passwords: how they are stored, which may be chosen, and where they are hashed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import unicodedata
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher, check_password, make_password, verify_password
from django.core.management import call_command

from scores import accounts
from scores.accounts import hashing, passwords
from scores.accounts.errors import HashingBusy, WeakPassword
from scores.models import Player
from tests.acceptance.serving import eventually
from tests.accounts import ELSEWHERE, HERE, OTHER_PASSWORD, PASSWORD, account, all_hashing_busy


def test_a_password_is_stored_as_argon2id_with_owasps_parameters() -> None:
    stored = make_password(PASSWORD)

    assert re.match(r"argon2\$argon2id\$v=19\$m=19456,t=2,p=1\$", stored)
    assert verify_password(PASSWORD, stored) == (True, False)
    assert verify_password(PASSWORD + " ", stored) == (False, False)
    assert make_password(PASSWORD) != stored


def test_a_password_is_the_same_however_its_letters_are_composed() -> None:
    composed = unicodedata.normalize("NFC", "pêche melba à midi")
    decomposed = unicodedata.normalize("NFD", composed)
    assert composed != decomposed

    assert check_password(decomposed, make_password(composed))
    assert check_password(composed, make_password(decomposed))
    assert not check_password("password number 2", make_password("password number ²"))


def programs() -> list[subprocess.Popen[bytes]]:
    """Those that run now."""
    started = [child.process for child in hashing._children if child.process is not None]
    return [program for program in started if program.poll() is None]


def test_hashes_are_computed_at_a_low_priority_that_counts_among_all_sessions() -> None:
    make_password(PASSWORD)

    assert 1 <= len(programs()) <= 2
    for program in programs():
        assert os.getpriority(os.PRIO_PROCESS, program.pid) == 10
        assert os.getsid(program.pid) == program.pid
        autogroup = Path(f"/proc/{program.pid}/autogroup")
        if autogroup.exists():
            assert autogroup.read_text().split()[-1] == "10"


def test_a_third_hash_is_refused_at_once_and_a_patient_one_waits() -> None:
    with all_hashing_busy():
        with pytest.raises(HashingBusy), hashing.place():
            pytest.fail("there is no third place")
        patient: list[str] = []
        waiting = threading.Thread(target=lambda: patient.append(make_password(PASSWORD)))
        waiting.start()

    waiting.join(timeout=60)
    assert check_password(PASSWORD, patient[0])


def test_a_program_that_was_killed_is_started_again() -> None:
    stored = make_password(PASSWORD)
    for program in programs():
        program.kill()

    assert check_password(PASSWORD, stored)


def test_a_question_that_cannot_be_answered_costs_no_place(capfd: pytest.CaptureFixture[str]) -> None:
    for _ in range(3):
        with pytest.raises(HashingBusy):
            hashing.ask("argon2", "password", "too short")

    assert "password" not in capfd.readouterr().err.replace("passwords cannot be hashed", "")
    with hashing.place():
        assert make_password(PASSWORD)
    assert hashing._free.qsize() == 2


def test_a_program_that_cannot_be_started_is_told_as_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    for program in programs():
        program.kill()
        program.wait()
    monkeypatch.setattr("sys.executable", "/nowhere/python")

    with pytest.raises(HashingBusy):
        make_password(PASSWORD)

    monkeypatch.undo()
    assert make_password(PASSWORD)


def test_the_programs_end_with_the_process_that_started_them_however_it_ends() -> None:
    script = (
        "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'leaderboard_project.settings'\n"
        "import django; django.setup()\n"
        "from scores.accounts import hashing\n"
        "hashing.ask('argon2', 'password', 'saltsalt', 1, 8, 1, 32)\n"
        "print(*[child.process.pid for child in hashing._children if child.process], flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )

    died = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)

    [pid] = map(int, died.stdout.split())
    assert died.returncode == -9
    assert eventually(lambda: not is_running(pid), within_s=10)


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"  # where nobody waits for orphans, they stay as zombies


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short", "12 characters"),
        ("password1234", "common"),
        ("271828182845", "numeric"),
        ("dora.the.explorer", "similar"),
        ("x" * 129, "at most 128"),
        ("\U0001f511" * 129, "at most 128"),
        ("", "12 characters"),
    ],
)
def test_a_password_that_is_easy_to_guess_or_too_long_is_refused_in_words(password: str, reason: str) -> None:
    with pytest.raises(WeakPassword) as refused:
        passwords.check_new(password, Player(username="dora.the.explorer"))

    assert reason in str(refused.value)
    assert refused.value.messages


@pytest.mark.parametrize("password", [PASSWORD, "x" * 20 + "ü" * 108, "\U0001f511" * 128])
def test_any_other_password_of_12_to_128_characters_may_be_chosen(password: str) -> None:
    passwords.check_new(password, Player(username="dora"))


@pytest.mark.usefixtures("committed")
def test_an_older_hash_still_logs_in_and_becomes_a_newer_one() -> None:
    stored = PBKDF2PasswordHasher().encode(PASSWORD, "a" * 22)
    Player.objects.create(username="alice", password=stored)

    accounts.login("alice", PASSWORD, address=HERE)

    alice = Player.objects.get()
    assert alice.password.startswith("argon2$argon2id$")
    assert accounts.login("alice", PASSWORD, address=ELSEWHERE) == alice


@pytest.mark.usefixtures("committed")
def test_an_older_hash_becomes_no_newer_one_by_a_wrong_password() -> None:
    stored = PBKDF2PasswordHasher().encode(PASSWORD, "a" * 22)
    Player.objects.create(username="alice", password=stored)

    with pytest.raises(accounts.WrongCredentials):
        accounts.login("alice", OTHER_PASSWORD, address=HERE)

    assert Player.objects.get().password == stored


@pytest.mark.usefixtures("committed")
def test_commands_make_accounts_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)

    call_command("createsuperuser", "--noinput", "--username", "root", stdout=StringIO())

    assert accounts.login("root", PASSWORD, address=HERE).is_superuser


@pytest.mark.usefixtures("committed")
def test_a_password_is_too_long_before_it_is_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    account()
    monkeypatch.setattr(hashing, "ask", pytest.fail)

    with pytest.raises(accounts.WrongCredentials):
        accounts.login("alice", "x" * 1_000_000, address=HERE)

"""What `manage.py snapshot` writes and `manage.py restore` reads."""

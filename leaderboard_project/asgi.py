"""The ASGI application: static files, Django, sockets and the process's own start and stop."""

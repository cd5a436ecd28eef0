"""The API described: the OpenAPI document, and a page that shows it and tries it out."""

from __future__ import annotations

import threading
from typing import Any, Final

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from typing_extensions import override

#: Everything comes from this server; the page itself sets styles from its script.
_CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


_READING: Final = ["get", "head"]

_made: dict[str, bytes | str] = {}
_making = threading.Lock()


class SchemaView(SpectacularAPIView):
    """`GET /api/schema/`: YAML, or JSON for whoever accepts that."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    http_method_names = _READING

    @extend_schema(exclude=True)
    @override
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """The document, which is made once: making it takes long, and is not safe in two threads at a time."""
        renderer = request.accepted_renderer
        with _making:
            if renderer.media_type not in _made:
                response = super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]
                _made[renderer.media_type] = renderer.render(response.data, renderer_context={})
        return HttpResponse(_made[renderer.media_type], content_type=f"{renderer.media_type}; charset=utf-8")


class DocsView(SpectacularSwaggerSplitView):
    """`GET /api/docs/`: Swagger UI from this server's own static files."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    http_method_names = _READING

    @extend_schema(exclude=True)
    @override
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The page, and its script for the address with `?script=`."""
        response: Response = super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]
        response["Content-Security-Policy"] = _CONTENT_SECURITY_POLICY
        return response

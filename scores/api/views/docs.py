"""The API described: the OpenAPI document, and a page that shows it and tries it out."""

from __future__ import annotations

import threading
from typing import Any, Final

from csp.constants import UNSAFE_INLINE
from csp.decorators import csp_update
from django.http import HttpResponse
from django.utils.decorators import method_decorator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from typing_extensions import override

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


# The page sets styles from its script and draws its icons from `data:` addresses.
@method_decorator(csp_update({"style-src": UNSAFE_INLINE, "img-src": "data:"}), name="dispatch")
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
        return response

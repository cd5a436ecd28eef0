"""What all resources share: strict JSON in, JSON out, open for reading unless a view says otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.parsers import BaseParser
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from typing_extensions import override

from scores.api.answers import AlwaysJSON, StructRenderer
from scores.api.documents import StrictJSONParser


class ContractView(APIView):
    """A resource of the contract. Open; what writes names its own authentication and permission."""

    authentication_classes: Sequence[type[BaseAuthentication]] = ()
    permission_classes: Sequence[type[BasePermission]] = (AllowAny,)
    parser_classes: Sequence[type[BaseParser]] = (StrictJSONParser,)
    renderer_classes = (StructRenderer,)
    content_negotiation_class = AlwaysJSON
    http_method_names = ["get", "head", "post"]  # noqa: RUF012  as Django types it; DRF would offer OPTIONS too

    @override
    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        # DRF takes a body without a Content-Length (a chunked one) for no body at all, and would
        # answer that its fields are missing. Any number but 0 makes it call the parser.
        if request.META.get("CONTENT_LENGTH") in {None, "", "0"}:
            request.META["CONTENT_LENGTH"] = "-1"
        return super().initialize_request(request, *args, **kwargs)

    @override
    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "no-store")  # a board from a cache is a board of yesterday
        return response

"""The envelope of most answers of the backend; the names are those of KTRDR's OpenAPI document."""

from typing import Any, Generic, TypeVar

from pydantic import BaseModel

Content = TypeVar("Content")


class ErrorResponse(BaseModel):
    """What went wrong."""

    code: str
    message: str
    details: dict[str, Any] | None = None


class ApiResponse(BaseModel, Generic[Content]):
    """An answer with `data`."""

    success: bool
    data: Content | None = None
    error: ErrorResponse | None = None

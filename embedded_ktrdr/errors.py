"""The backend's error envelope (contract 8). Workers keep FastAPI's own error bodies."""

import logging
from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

log = logging.getLogger("ktrdr.api.main")


def answer(data: object) -> dict[str, Any]:
    """The same envelope around an answer that is no error."""
    return {"success": True, "data": data, "error": None}


class DataError(Exception):
    """A request about data that cannot be answered: 400 with a code of KTRDR's."""

    def __init__(self, code: str, message: str, details: dict[str, str]) -> None:
        super().__init__(message)
        self.code = code
        self.details = details


def install_error_envelope(app: FastAPI) -> None:
    """Invalid requests and unforeseen faults answer with the envelope; HTTPException keeps `detail`."""
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(DataError, _data_error)
    app.add_exception_handler(Exception, _unforeseen)


async def _invalid_request(_request: Request, error: Exception) -> JSONResponse:
    problems = [
        {
            "field": " -> ".join(str(part) for part in problem["loc"]),
            "message": problem["msg"],
            "type": problem["type"],
        }
        for problem in cast(RequestValidationError, error).errors()
    ]
    log.error("Request validation error: %s", problems)
    return _envelope(422, "VALIDATION_ERROR", "Request validation failed", problems)


async def _data_error(_request: Request, error: Exception) -> JSONResponse:
    problem = cast(DataError, error)
    log.error("Data error: %s", problem)
    return _envelope(400, problem.code, str(problem), problem.details)


async def _unforeseen(_request: Request, error: Exception) -> JSONResponse:
    log.error("Unhandled exception: %s", error, exc_info=error)
    details = {"type": type(error).__name__}
    return _envelope(500, "INTERNAL_SERVER_ERROR", "An unexpected error occurred", details)


def _envelope(status: int, code: str, message: str, details: object) -> JSONResponse:
    error = {"code": code, "message": message, "details": details}
    return JSONResponse(status_code=status, content={"success": False, "error": error})

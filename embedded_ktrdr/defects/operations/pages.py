"""Defects about the pages of the list of operations, and about its counts."""

from collections.abc import Callable

from embedded_ktrdr.defects.defect import defect, patch
from embedded_ktrdr.operations import ListQuery, OperationListResponse, OperationStore

AREA = "operations"
LIMIT, DEFAULT, SECOND = "list-limit", "list-default-page", "list-second-page"
WHOLE = 1000
ALL = "the list counts as many as there are"

Page = Callable[[OperationStore, ListQuery], OperationListResponse]


@defect(
    "list-paged-before-sorted",
    "The first page shows the oldest operations",
    (DEFAULT, "they are the newest ones, newest first"),
    area=AREA,
    behaviour="the first page shows the newest operations",
)
def _list_paged_before_sorted() -> None:
    @patch(OperationStore, "page")
    def page(original: Page, self: OperationStore, query: ListQuery) -> OperationListResponse:
        found = original(self, query.model_copy(update={"limit": WHOLE, "offset": 0}))
        oldest_first = found.data[::-1][query.offset : query.offset + query.limit]
        found.data = oldest_first[::-1]
        return found


@defect(
    "list-one-more-than-asked-for",
    "A page holds one operation more than the limit",
    (LIMIT, "there are exactly 5 of them"),
    (DEFAULT, "there are exactly 10 of them"),
    area=AREA,
    severity="minor",
    behaviour="a page holds no more than its limit",
)
def _list_one_more_than_asked_for() -> None:
    @patch(OperationStore, "page")
    def page(original: Page, self: OperationStore, query: ListQuery) -> OperationListResponse:
        # To know whether there is a next page.
        return original(self, query.model_copy(update={"limit": query.limit + 1}))


@defect(
    "list-small-limit-ignored",
    "A limit below the default is ignored",
    (LIMIT, "there are exactly 5 of them"),
    area=AREA,
    severity="minor",
    behaviour="a page holds no more than its limit",
)
def _list_small_limit_ignored() -> None:
    @patch(OperationStore, "page")
    def page(original: Page, self: OperationStore, query: ListQuery) -> OperationListResponse:
        default = ListQuery.model_fields["limit"].default
        return original(self, query.model_copy(update={"limit": max(query.limit, default)}))


@defect(
    "list-without-default-limit",
    "Without a limit the list shows everything at once",
    (DEFAULT, "there are exactly 10 of them"),
    area=AREA,
    severity="minor",
    behaviour="without a limit a page holds 10 operations",
)
def _list_without_default_limit() -> None:
    @patch(OperationStore, "page")
    def page(original: Page, self: OperationStore, query: ListQuery) -> OperationListResponse:
        if "limit" not in query.model_fields_set:
            query = query.model_copy(update={"limit": WHOLE})
        return original(self, query)


@defect(
    "list-offset-ignored",
    "Every page of the list is the first one",
    (SECOND, "they are the newest ones after the first 5, newest first"),
    area=AREA,
    behaviour="the next page goes on where the last one ended",
)
def _list_offset_ignored() -> None:
    @patch(OperationStore, "page")
    def page(original: Page, self: OperationStore, query: ListQuery) -> OperationListResponse:
        return original(self, query.model_copy(update={"offset": 0}))


@defect(
    "list-pages-overlap",
    "The next page begins with the last operation of the one before",
    (SECOND, "they are the newest ones after the first 5, newest first"),
    area=AREA,
    severity="minor",
    behaviour="the next page goes on where the last one ended",
)
def _list_pages_overlap() -> None:
    @patch(OperationStore, "page")
    def page(original: Page, self: OperationStore, query: ListQuery) -> OperationListResponse:
        return original(self, query.model_copy(update={"offset": max(0, query.offset - 1)}))


@defect(
    "list-counts-the-rest",
    "The total of a later page leaves out the pages before",
    (SECOND, ALL),
    area=AREA,
    severity="minor",
    behaviour="the total counts all that the filters let through",
)
def _list_counts_the_rest() -> None:
    @patch(OperationStore, "page")
    def page(original: Page, self: OperationStore, query: ListQuery) -> OperationListResponse:
        found = original(self, query)
        found.total_count = max(0, found.total_count - query.offset)
        return found


@defect(
    "list-counts-without-filters",
    "The total of a filtered list counts everything",
    ("1.4#completed", ALL),
    area=AREA,
    behaviour="the total counts what the filters let through",
)
def _list_counts_without_filters() -> None:
    @patch(OperationStore, "page")
    def page(original: Page, self: OperationStore, query: ListQuery) -> OperationListResponse:
        found = original(self, query)
        found.total_count = len(self.all())
        return found


@defect(
    "list-counts-one-too-few",
    "The total of the list is one too small",
    ("list-failed", ALL),
    area=AREA,
    severity="minor",
    behaviour="the total counts all that the filters let through",
)
def _list_counts_one_too_few() -> None:
    @patch(OperationStore, "page")
    def page(original: Page, self: OperationStore, query: ListQuery) -> OperationListResponse:
        found = original(self, query)
        found.total_count = max(0, found.total_count - 1)
        return found


@defect(
    "list-counts-active-ones-shown",
    "The list counts as active only what it shows",
    ("list-active", "the list counts as many active ones as there are"),
    area=AREA,
    severity="minor",
    behaviour="the list counts what is active, whatever its filters",
)
def _list_counts_active_ones_shown() -> None:
    @patch(OperationStore, "page")
    def page(original: Page, self: OperationStore, query: ListQuery) -> OperationListResponse:
        found = original(self, query)
        found.active_count = sum(not each.status.final for each in found.data)
        return found

"""Every address of the application in one place; `links` builds them."""

from django.urls import path, register_converter

from customers.approvals.pages import approval_view, rules_view
from customers.approvals.pages import list_view as approval_list_view
from customers.attachments import detail_view, download_view, list_view, preview_view, zip_view
from customers.auditing.pages import audit_view, held_view
from customers.batches.pages import batch_view, batches_view, new_view, result_view, row_view
from customers.browsing import companies, compare, step_view
from customers.browsing.codats_copy import freshness
from customers.browsing.customer_list import customers, saved_view_pages
from customers.browsing.customer_page import customer_view, timeline_view
from customers.editing import field_view, undo_view
from customers.editing import views as editing_views
from customers.home.pages import activity_view, home_view, problem_view
from customers.notes import notes_view
from customers.notices.pages import channels_view, choices_view, notifications_view
from customers.people.pages import (
    access_view,
    invitation_view,
    invite_view,
    people_view,
    person_view,
)
from customers.preferences import settings_view, shortcuts
from customers.quality.pages import duplicates_view, quality_view
from customers.searching.pages import live_view, search_view, suggestions_view
from customers.spreadsheets.pages import (
    export_line_view,
    export_list_view,
    export_view,
    import_files,
    import_new,
    import_page,
    imports_view,
    search_file_view,
)
from customers.web import links
from customers.worker import workers_view
from customers.writes.events import webhook_view
from customers.writes.pages import (
    change_view,
    codat_history_view,
    history_view,
    my_changes_view,
    pending_view,
)

register_converter(links.IdConverter, "id")
register_converter(links.CompanyConverter, "company")

_company = "companies/<company:company_id>/"
_customer = f"{_company}customers/<id:customer_id>/"
_attachment = f"{_customer}attachments/<id:attachment_id>/"
_batch = f"{_company}batches/<uuid:batch_id>/"
_import = f"{_company}imports/<uuid:import_id>/"

urlpatterns = [
    path("", home_view.home, name="home"),
    path("problems/<slug:key>/", problem_view.problem_page, name="problem"),
    path("activity/", activity_view.activity, name="activity"),
    path("activity/changes.csv", activity_view.activity_file, name="activity_file"),
    path("audit/", audit_view.audit, name="audit"),
    path("audit/entries.csv", audit_view.audit_table, name="audit_table"),
    path("audit/entries.jsonl", audit_view.audit_lines, name="audit_lines"),
    path("companies/", companies.index, name="companies"),
    path(f"{_company}refresh/", freshness.refresh, name="refresh"),
    path(f"{_company}freshness/", freshness.freshness, name="freshness"),
    path(f"{_company}step/", step_view.step, name="step"),
    path(f"{_company}customers/", customers.index, name="customers"),
    path(f"{_company}customers/compare/", compare.compare, name="compare"),
    path(f"{_company}customers/export/", export_view.export, name="export"),
    path(f"{_company}customers/new/", editing_views.create, name="new"),
    path(f"{_company}customers/new/draft/", editing_views.draft, name="new_draft"),
    path(f"{_customer}edit/draft/", editing_views.draft, name="draft"),
    path(_customer, customer_view.detail, name="customer"),
    path(f"{_customer}edit/", editing_views.update, name="edit"),
    path(f"{_customer}field/", field_view.field, name="field"),
    path(f"{_customer}timeline/", timeline_view.customer_timeline, name="timeline"),
    path(f"{_customer}held/", held_view.held_page, name="held"),
    path(f"{_customer}attachments/", list_view.index, name="attachments"),
    path(f"{_customer}attachments.zip", zip_view.download, name="archive"),
    path(_attachment, detail_view.detail, name="attachment"),
    path(f"{_attachment}preview/", preview_view.preview, name="preview"),
    path(f"{_attachment}download/", download_view.download, name="download"),
    path(f"{_company}writes/codat/", codat_history_view.codat_history, name="codat_writes"),
    path(f"{_company}writes/pending/", pending_view.pending_changes, name="pending"),
    path(f"{_company}writes/", history_view.history, name="writes"),
    path(f"{_company}writes/<uuid:write_id>/", change_view.change, name="write"),
    path(f"{_company}writes/<uuid:write_id>/undo/", undo_view.undo_change, name="undo"),
    path(f"{_company}notes/", notes_view.company_notes, name="company_notes"),
    path(f"{_company}notes/<slug:kind>/<id:subject_id>/", notes_view.notes_page, name="notes"),
    path("batches/", batches_view.all_batches, name="batches"),
    path(f"{_company}batches/", batches_view.company_batches, name="company_batches"),
    path(_batch, batch_view.batch_page, name="batch"),
    path(f"{_batch}rows/<int:position>/", row_view.row_page, name="batch_row"),
    path(f"{_batch}result.csv", result_view.result, name="batch_result"),
    path(f"{_company}batches/new/", new_view.new, name="new_batch"),
    path("imports/", imports_view.all_imports, name="imports"),
    path(f"{_company}imports/", imports_view.company_imports, name="company_imports"),
    path(f"{_company}imports/new/", import_new.new_import, name="new_import"),
    path(_import, import_page.import_page, name="import"),
    path(f"{_import}file/", import_page.corrected_file, name="import_upload"),
    path(f"{_import}problems/", import_files.problems, name="import_problems"),
    path(f"{_import}outcome/", import_files.outcome, name="import_outcome"),
    path(f"{_company}exports/<uuid:export_id>/", export_line_view.exported, name="exported"),
    path("exports/", export_list_view.exports, name="exports"),
    path("columns/", customers.columns, name="list_columns"),
    path("currencies/", customers.currencies, name="currencies"),
    path("views/new/", saved_view_pages.create, name="new_view"),
    path("views/<int:view_id>/", saved_view_pages.view, name="view"),
    path("writes/", my_changes_view.my_changes, name="my_writes"),
    path("writes/badge/", my_changes_view.badge, name="writes_badge"),
    path("search/", search_view.search_page, name="search"),
    path("search/suggestions/", suggestions_view.suggestions, name="search_suggestions"),
    path("search/live/", live_view.live_search, name="live_search"),
    path("search/customers.csv", search_file_view.search_file, name="search_file"),
    path(f"{_company}duplicates/", duplicates_view.duplicates, name="duplicates"),
    path(f"{_company}duplicates/<int:pair_id>/", duplicates_view.duplicate, name="duplicate"),
    path("quality/", quality_view.quality_page, name="quality"),
    path("people/", people_view.people_page, name="people"),
    path("people/invite/", invite_view.invite, name="invite"),
    path("people/<int:person_id>/", person_view.person_page, name="person"),
    path("invitations/<str:token>/", invitation_view.invitation_page, name="invitation"),
    path("access/", access_view.access_page, name="access"),
    path("settings/", settings_view.settings_page, name="settings"),
    path("notifications/", notifications_view.notifications, name="notifications"),
    path("notifications/<uuid:notice_id>/", notifications_view.notification, name="notification"),
    path(
        "settings/notifications/",
        choices_view.notification_settings,
        name="notification_settings",
    ),
    path("settings/channels/", channels_view.team_channels, name="team_channels"),
    path("shortcuts/", shortcuts.shortcuts_page, name="shortcuts"),
    path("approvals/", approval_list_view.approvals, name="approvals"),
    path("approvals/rules/", rules_view.rules, name="approval_rules"),
    path("approvals/<uuid:approval_id>/", approval_view.approval_page, name="approval"),
    path("workers/", workers_view.workers, name="workers"),
    path("webhooks/codat/", webhook_view.receive_event, name="webhooks"),
]

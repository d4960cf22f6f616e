"""The admin site is for users and groups; the journal is shown by the dashboard's own pages."""

from django.contrib import admin

admin.site.site_header = "Customers dashboard: users and groups"
admin.site.site_title = "Customers dashboard"
admin.site.index_title = "Users and groups"
admin.site.site_url = "/companies/"

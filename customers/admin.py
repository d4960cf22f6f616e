"""The admin site is for users and groups; the journal is shown by the dashboard's own pages."""

from django.conf import settings
from django.contrib import admin

admin.site.site_header = f"{settings.PRODUCT_NAME}: users and groups"
admin.site.site_title = settings.PRODUCT_NAME
admin.site.index_title = "Users and groups"
admin.site.site_url = "/companies/"

"""The entry point of the web server: `granian --interface wsgi yingshang.config.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yingshang.config.settings")
application = get_wsgi_application()

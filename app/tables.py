"""Every table of the service: where Alembic and the tests find the metadata."""

import app.appeals.models
import app.attachments.models
import app.casework.models
import app.core.models
import app.demo.models
import app.desk.models
import app.directory.models
import app.intake.blogs.models
import app.intake.mail.models
import app.intake.open311.models
import app.intake.tickets.models
import app.notices.models
import app.oversight.control.models
import app.oversight.forecast.models
import app.oversight.index.models
import app.oversight.models
import app.oversight.quality.models
import app.oversight.resonance.models
import app.oversight.signs.models
import app.oversight.stated.models
import app.questions.models
import app.readings.models
import app.reception.models
import app.seals.models
import app.staff.models
import app.timekeeping.models
import app.web.models  # noqa: F401
from app.core.db import metadata

METADATA = metadata()

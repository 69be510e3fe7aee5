"""The composition root: every part made once, at its first use, and plugged into the others."""

from __future__ import annotations

from chalicelib.container.clientele import (
    activities as activities,
)
from chalicelib.container.clientele import (
    client_lists as client_lists,
)
from chalicelib.container.clientele import (
    clients as clients,
)
from chalicelib.container.clientele import (
    duplicates as duplicates,
)
from chalicelib.container.clientele import (
    forgetting as forgetting,
)
from chalicelib.container.clientele import (
    merging as merging,
)
from chalicelib.container.clientele import (
    sessions as sessions,
)
from chalicelib.container.clientele import (
    undoing as undoing,
)
from chalicelib.container.clientele import (
    workflows as workflows,
)
from chalicelib.container.core import (
    RandomIds as RandomIds,
)
from chalicelib.container.core import (
    acquaintances as acquaintances,
)
from chalicelib.container.core import (
    agenda as agenda,
)
from chalicelib.container.core import (
    attending as attending,
)
from chalicelib.container.core import (
    count_events as count_events,
)
from chalicelib.container.core import (
    directory as directory,
)
from chalicelib.container.core import (
    free_times as free_times,
)
from chalicelib.container.core import (
    ids as ids,
)
from chalicelib.container.core import (
    pause as pause,
)
from chalicelib.container.core import (
    settings as settings,
)
from chalicelib.container.core import (
    store as store,
)
from chalicelib.container.desk import (
    approving as approving,
)
from chalicelib.container.desk import (
    assigning as assigning,
)
from chalicelib.container.desk import (
    availabilities as availabilities,
)
from chalicelib.container.desk import (
    blocks as blocks,
)
from chalicelib.container.desk import (
    booking as booking,
)
from chalicelib.container.desk import (
    calendar_file as calendar_file,
)
from chalicelib.container.desk import (
    cancelling as cancelling,
)
from chalicelib.container.desk import (
    changing as changing,
)
from chalicelib.container.desk import (
    choosing as choosing,
)
from chalicelib.container.desk import (
    dashboard as dashboard,
)
from chalicelib.container.desk import (
    editing as editing,
)
from chalicelib.container.desk import (
    holding as holding,
)
from chalicelib.container.desk import (
    joining as joining,
)
from chalicelib.container.desk import (
    laying as laying,
)
from chalicelib.container.desk import (
    opening as opening,
)
from chalicelib.container.desk import (
    progressing as progressing,
)
from chalicelib.container.desk import (
    quick_edits as quick_edits,
)
from chalicelib.container.desk import (
    quick_view as quick_view,
)
from chalicelib.container.desk import (
    rescheduling as rescheduling,
)
from chalicelib.container.desk import (
    staff_booking as staff_booking,
)
from chalicelib.container.desk import (
    viewing as viewing,
)
from chalicelib.container.quickview import (
    rebook_summaries as rebook_summaries,
)
from chalicelib.container.quickview import (
    rebooking as rebooking,
)
from chalicelib.container.set_up import (
    _origins as _origins,
)
from chalicelib.container.set_up import (
    closures as closures,
)
from chalicelib.container.set_up import (
    configuring as configuring,
)
from chalicelib.container.set_up import (
    locations as locations,
)
from chalicelib.container.set_up import (
    logins as logins,
)
from chalicelib.container.set_up import (
    offerings as offerings,
)
from chalicelib.container.set_up import (
    opening_hours as opening_hours,
)
from chalicelib.container.set_up import (
    openings as openings,
)
from chalicelib.container.set_up import (
    origins as origins,
)
from chalicelib.container.set_up import (
    principal_for as principal_for,
)
from chalicelib.container.set_up import (
    reasons as reasons,
)
from chalicelib.container.set_up import (
    rotas as rotas,
)
from chalicelib.container.set_up import (
    showcase as showcase,
)
from chalicelib.container.set_up import (
    staffing as staffing,
)
from chalicelib.container.set_up import (
    statuses as statuses,
)
from chalicelib.container.set_up import (
    times_off as times_off,
)
from chalicelib.container.set_up import (
    usage as usage,
)
from chalicelib.container.set_up import (
    work_schedules as work_schedules,
)

"""What the analytical room offers to ports of lower rooms."""

from guanxi.analytics.access import ROOM, guarded
from guanxi.analytics.personal import personal_data
from guanxi.identity.ports import GUARDED_OBJECTS
from guanxi.records.privacy.declaring import PERSONAL_DATA

GUARDED_OBJECTS.register(ROOM, guarded)
PERSONAL_DATA.register(ROOM, personal_data)

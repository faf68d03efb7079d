"""Keys under which other systems know a record: any number for each, every one only once for an object of a system.

    add_external_key(actor, "account", record_id, source="erp", key="K-1")
    external_keys(record_id)            what is known
    external_part("account")            the same as rows that belong to a record, for the API

Imports by profile find the records of their files again by these keys; merging moves them.
"""

from guanxi.records.external.services import add_external_key, external_keys, external_part, remove_external_key

__all__ = ["add_external_key", "external_keys", "external_part", "remove_external_key"]

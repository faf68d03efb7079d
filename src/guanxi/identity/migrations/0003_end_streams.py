"""The database itself tells the stream process when a session, a password or a membership ends.

Sessions end on many paths (sign-out, the list of sessions, a new password, the clean-up), most of them outside our own code.
A message is announced with the commit and names what ended, never content; see core.stream and project.asgi.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION guanxi_mark(secret text) RETURNS text LANGUAGE sql IMMUTABLE
AS $$ SELECT left(encode(sha256(convert_to(secret, 'UTF8')), 'hex'), 32) $$;

CREATE FUNCTION guanxi_session_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('guanxi_stream', json_build_object('topic', 'end', 'session', guanxi_mark(old.session_key))::text);
    RETURN NULL;
END $$;

CREATE FUNCTION guanxi_user_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('guanxi_stream', json_build_object('topic', 'end', 'user', new.id)::text);
    RETURN NULL;
END $$;

CREATE FUNCTION guanxi_member_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('guanxi_stream', json_build_object('topic', 'end', 'member', new.id)::text);
    RETURN NULL;
END $$;

CREATE FUNCTION guanxi_role_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('guanxi_stream', json_build_object('topic', 'end', 'member', m.id)::text)
    FROM identity_membership m WHERE m.tenant_id = new.tenant_id AND m.role_id = new.id AND m.is_active;
    RETURN NULL;
END $$
"""
TRIGGERS = """
CREATE TRIGGER guanxi_session_ended AFTER DELETE ON django_session
    FOR EACH ROW EXECUTE FUNCTION guanxi_session_ended();
CREATE TRIGGER guanxi_user_changed AFTER UPDATE OF password, is_active ON identity_user
    FOR EACH ROW WHEN (old.password <> new.password OR old.is_active <> new.is_active) EXECUTE FUNCTION guanxi_user_changed();
CREATE TRIGGER guanxi_member_changed AFTER UPDATE OF is_active, role_id ON identity_membership
    FOR EACH ROW WHEN (old.is_active <> new.is_active OR old.role_id <> new.role_id) EXECUTE FUNCTION guanxi_member_changed();
CREATE TRIGGER guanxi_role_changed AFTER UPDATE OF grants, field_access ON identity_role
    FOR EACH ROW WHEN (old.grants <> new.grants OR old.field_access <> new.field_access) EXECUTE FUNCTION guanxi_role_changed()
"""
UNDO = """
DROP FUNCTION guanxi_session_ended, guanxi_user_changed, guanxi_member_changed, guanxi_role_changed CASCADE;
DROP FUNCTION guanxi_mark
"""


class Migration(migrations.Migration):
    dependencies = [("identity", "0002_own_memberships"), ("sessions", "0001_initial"), ("usersessions", "0001_initial")]
    operations = [migrations.RunSQL(FUNCTIONS + ";" + TRIGGERS, UNDO)]

"""Reports and dashboards by mail: on a schedule, in each recipient's own time, with what that person may see.

schedule   when a report comes next
services   what people set: subscribe, pause, stop for oneself; who sees which
sending    what is due: read and drawn in each recipient's name, handed to messaging by the port REPORT_MAIL
"""

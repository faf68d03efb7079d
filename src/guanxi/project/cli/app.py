"""All commands in one application."""

import typer

from guanxi.project.cli import care, configuration, data, duplicates, people, pictures, quality, running, value

app = typer.Typer(
    name="guanxi",
    help="Guanxi: customer relationship management. `--debug` shows where an error comes from.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (running.demo, running.serve, running.migrate, care.doctor, care.backup, care.restore, care.events):
    app.command()(command)
app.command("import")(data.import_data)
app.command()(duplicates.dedupe)
app.command()(data.bench)
app.command()(pictures.screenshots)
app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(quality.test)
app.add_typer(value.values, name="value")
app.add_typer(configuration.files, name="configuration")
app.add_typer(people.tenants, name="tenant")
app.add_typer(people.users, name="user")
app.add_typer(people.tokens, name="token")

# since: 3.7
# expects: manual
# today: exits with 0
# with: libraries
import click
from click.testing import CliRunner


@click.command()
async def command():
    print("ran")


result = CliRunner().invoke(command)
print("exits with", result.exit_code)
assert "ran" not in result.output.split()

"""clients_readme.py PROGRAM ROOT [--write]: whether clients/README.md shows the examples and the manifests as they are.

What stands between `<!-- from FILE -->` or `<!-- from list clients -->` and `<!-- end -->` is made from there.
"""

import difflib
import pathlib
import re
import subprocess
import sys

LANGUAGES = {".cpp": "cpp", ".py": "python"}


def section(program, root, source):
    if source == "list clients":
        return subprocess.run([program, "list", "clients", "--markdown"], check=True, capture_output=True, text=True).stdout
    file = root / source
    return f"```{LANGUAGES[file.suffix]}\n{file.read_text()}```\n"


program, root = sys.argv[1], pathlib.Path(sys.argv[2])
readme = root / "clients" / "README.md"
committed = readme.read_text()
made = re.sub(r"(<!-- from (.+?) -->\n).*?(<!-- end -->\n)",
              lambda match: match[1] + section(program, root, match[2]) + match[3], committed, flags=re.DOTALL)
if made == committed:
    sys.exit(0)
if "--write" in sys.argv:
    readme.write_text(made)
    sys.exit(0)
sys.stdout.writelines(difflib.unified_diff(committed.splitlines(True), made.splitlines(True), "clients/README.md", "made"))
sys.exit("clients/README.md is stale: python3 tests/component/clients_readme.py PROGRAM ROOT --write")

"""A kind of import contract that names what may be imported; everything else is refused.

import-linter's own `forbidden` contract names what may not be imported, and so lets in whatever nobody named.
"""

import sys
from collections.abc import Iterator

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output
from importlinter.application.contract_utils import render_broken_contract_guidance
from importlinter.domain.helpers import module_expressions_to_modules

PROJECT = ("shared", "services")
SCOPES = ("project", "libraries", "all")


class AllowlistContract(Contract):
    """`importers` import directly only from their own package, `allowed` and the standard library.

    `scope` says which imports are looked at: `project`, `libraries` (neither the project's nor the standard
    library's) or `all`. An importer may be a wildcard; it stands for the package with all that is in it.
    """

    type_name = "allowlist"

    importers = fields.ListField(subfield=fields.ModuleExpressionField())
    allowed = fields.ListField(subfield=fields.StringField())
    scope = fields.StringField()
    broken_contract_guidance = fields.TextField(required=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Raises ValueError: the scope is unknown, or there is nothing to look at."""
        del verbose
        if str(self.scope) not in SCOPES:
            raise ValueError(f"scope {str(self.scope)!r}: choose one of {', '.join(SCOPES)}")
        packages = sorted(module.name for module in module_expressions_to_modules(graph, self.importers))  # type: ignore[arg-type]
        if not packages:
            raise ValueError(f"contract {self.name!r}: there is no such importer; correct `importers`")
        refused = [line for package in packages for line in self._refused(graph, package)]
        return ContractCheck(kept=not refused, metadata={"refused": refused})

    def _refused(self, graph: ImportGraph, package: str) -> Iterator[str]:
        for importer in sorted({package, *graph.find_descendants(package)}):
            for imported in sorted(graph.find_modules_directly_imported_by(importer)):
                if self._is_looked_at(imported) and not _inside(imported, package, *self.allowed):  # type: ignore[misc]
                    [detail, *_] = graph.get_import_details(importer=importer, imported=imported)
                    yield f"{importer} -> {imported} (l.{detail['line_number']})"

    def _is_looked_at(self, module: str) -> bool:
        if module.partition(".")[0] in sys.stdlib_module_names:
            return False
        scope = str(self.scope)
        return scope == "all" or (scope == "project") == _inside(module, *PROJECT)

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print each refused import with its line."""
        for line in check.metadata["refused"]:
            output.print_error(f"- {line}", bold=False)
        output.new_line()
        render_broken_contract_guidance(self.broken_contract_guidance)  # type: ignore[arg-type]


def _inside(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)
